namespace SoftmaxService.Numerics;

/// <summary>
/// A vector of <see cref="Width"/> floats. <see cref="VectorKernel{TLanes, TSums}"/> is written once, in its terms.
/// </summary>
/// <typeparam name="TSelf">The vector.</typeparam>
/// <typeparam name="TSums">Running sums of such vectors in double precision; its default value is zero.</typeparam>
internal unsafe interface IFloatLanes<TSelf, TSums>
    where TSelf : struct, IFloatLanes<TSelf, TSums>
    where TSums : struct
{
    static abstract int Width { get; }

    /// <summary>
    /// How many steps divide an octave: one per lane of the vector, where one instruction looks up a lane.
    /// </summary>
    static abstract int StepsPerOctave { get; }

    /// <summary>
    /// The table: 2^(j / StepsPerOctave + LogOfPowers) for each step j. The common factor costs nothing, since it
    /// cancels in a quotient, and it makes all entries nearly exact floats (an idea of Gal 1986).
    /// </summary>
    static abstract TSelf Powers { get; }

    static abstract double LogOfPowers { get; }

    static abstract TSelf Create(float value);

    static abstract TSelf Load(float* source);

    /// <summary>
    /// Reads exactly <paramref name="count"/> floats, 0 &lt; count &lt;= Width; the other lanes hold
    /// <paramref name="rest"/>.
    /// </summary>
    static abstract TSelf LoadFirst(float* source, int count, float rest);

    void Store(float* destination);

    /// <summary>
    /// Stores without reading the line into the caches. The destination must be aligned to the vector.
    /// </summary>
    void StorePastCache(float* destination);

    /// <summary>Writes exactly <paramref name="count"/> floats, 0 &lt; count &lt;= Width.</summary>
    void StoreFirst(float* destination, int count);

    /// <summary>The first <paramref name="count"/> lanes, 0 &lt; count &lt;= Width; the others become 0.</summary>
    TSelf KeepFirst(int count);

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    /// <summary>left · right + addend, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>
    /// The larger of two numbers, by one instruction. Never loses a NaN in <paramref name="right"/>. A NaN in
    /// <paramref name="left"/> survives on Arm and is dropped on x86, whose MAXPS returns its second operand.
    /// </summary>
    static abstract TSelf Larger(TSelf left, TSelf right);

    /// <summary>
    /// The larger by the floats' bits as integers. Correct for positive floats, and keeps the ports that multiply free.
    /// </summary>
    static abstract TSelf LargerStep(TSelf left, TSelf right);

    /// <summary>Whether a lane of <paramref name="steps"/> is above its bound, compared as integers.</summary>
    static abstract bool AnyStepAbove(TSelf steps, TSelf bound);

    /// <summary>
    /// The bits of <paramref name="seen"/>, and those in which <paramref name="steps"/> differ from
    /// <paramref name="first"/>.
    /// </summary>
    static abstract TSelf Differences(TSelf seen, TSelf steps, TSelf first);

    /// <summary>Whether all bits of all lanes are below <paramref name="bound"/>, a power of two.</summary>
    static abstract bool AreBelow(TSelf bits, int bound);

    /// <summary>
    /// 2^(k / StepsPerOctave − 127 + <see cref="LogOfPowers"/>), where k is the low bits of <paramref name="steps"/>:
    /// the low bits of k select a power from the table, and the others are added to its exponent.
    /// </summary>
    static abstract TSelf PowerOfStep(TSelf steps, TSelf powers);

    /// <summary>Q(r) = (2^(r / StepsPerOctave) − 1) / r; <see cref="Exp2"/> derives it.</summary>
    static abstract TSelf Exp2Quotient(TSelf r);

    /// <summary>
    /// <paramref name="chosen"/> in the lanes where left = right, otherwise <paramref name="other"/>.
    /// </summary>
    static abstract TSelf WhereEqual(TSelf left, TSelf right, TSelf chosen, TSelf other);

    /// <summary>The largest lane; NaN lanes as in <see cref="Larger"/>.</summary>
    static abstract float LargestLane(TSelf lanes);

    static abstract TSums Add(TSums sums, TSelf lanes);

    static abstract double Total(TSums sums);

    /// <summary>As <see cref="Add"/>, for lanes that are 0 or positive and finite, in a unit of its own.</summary>
    static abstract TSums AddPositive(TSums sums, TSelf lanes);

    /// <summary>The total of sums that <see cref="AddPositive"/> made.</summary>
    static abstract double TotalOfPositive(TSums sums);

    /// <summary>sums + left · right, in double precision, where the products are exact.</summary>
    static abstract TSums AddProducts(TSums sums, TSelf left, TSelf right);

    /// <summary>(lane − origin) · weight · factor, computed in double precision and rounded once to float.</summary>
    static abstract TSelf DifferenceTimes(TSelf lanes, double origin, TSelf weights, double factor);

    /// <summary>(lane − origin) · factor − offset, computed in double precision and rounded once to float.</summary>
    static abstract TSelf TransformInDouble(TSelf lanes, double origin, double factor, double offset);
}
