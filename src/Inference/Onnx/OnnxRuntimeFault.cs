using System.Text.RegularExpressions;
using Microsoft.ML.OnnxRuntime;

namespace SoftmaxService.Inference.Onnx;

/// <summary>
/// Restates ONNX Runtime's errors in terms of a model's owner, without the runtime's source files, signatures and
/// folders. The runtime gives these faults no codes of their own, so their text is matched; a text that is not known is
/// shown without those parts. <c>RejectionTests</c> provoke each fault in the runtime itself, and fail when a new
/// release words one differently.
/// </summary>
internal static partial class OnnxRuntimeFault
{
    private const int MaxLength = 500;

    public static string Describe(OnnxRuntimeException fault)
    {
        var text = fault.Message;
        if (IrVersion().Match(text) is { Success: true } ir)
        {
            return $"its IR version is {ir.Groups[1].Value}, and ONNX Runtime {OnnxRuntimeEnvironment.Version} reads "
                + $"up to {ir.Groups[2].Value}; export it with an older version of the onnx package, or set "
                + $"model.ir_version to {ir.Groups[2].Value} if it uses nothing newer";
        }

        if (Opset().Match(text) is { Success: true } opset)
        {
            return $"it uses opset {opset.Groups[1].Value} of {opset.Groups[2].Value}, and ONNX Runtime "
                + $"{OnnxRuntimeEnvironment.Version} reads up to {opset.Groups[3].Value}; export it with an "
                + $"opset_version of at most {opset.Groups[3].Value}";
        }

        // The caller, who knows the model's folder, removes it from the path.
        if (MissingData().Match(text) is { Success: true } missing)
        {
            return $"its external data is missing: there is no file '{missing.Groups[1].Value}'; put it into the "
                + "folder of the model, under the name that the graph has for it";
        }

        if (UnknownFunction().Match(text) is { Success: true } function)
        {
            return $"it uses the operator {function.Groups[2].Value} of the domain {function.Groups[1].Value}, which "
                + "ONNX Runtime does not have";
        }

        if (UnknownOperator().Match(text) is { Success: true } operation)
        {
            return $"it uses the operator {operation.Groups[1].Value}, which is not in opset "
                + $"{operation.Groups[2].Value}";
        }

        return text.Contains("Protobuf parsing failed", StringComparison.Ordinal)
            ? "it is not an ONNX file, or it is incomplete"
            : Clean(text);
    }

    /// <summary>The text without the parts that only ONNX Runtime's developers can use.</summary>
    internal static string Clean(string text)
    {
        text = AbsolutePath().Replace(Prefix().Replace(text, ""), "$1");
        while (Source().Match(text) is { Success: true } source)
        {
            text = text[..source.Index] + text[EndOfSignature(text, source.Index + source.Length)..];
        }

        text = Spaces().Replace(text, " ").Trim().TrimEnd('.');
        return text.Length <= MaxLength ? text : $"{text[..MaxLength]}…";
    }

    /// <summary>
    /// Where the sentence after a C++ signature begins: after its balanced parentheses and what may follow them.
    /// </summary>
    private static int EndOfSignature(string text, int start)
    {
        var open = text.IndexOf('(', start);
        var space = text.IndexOf(' ', start);
        if (open < 0 || !Signature().IsMatch(text[start..open]))
        {
            // A function's name without its parameters.
            return space < 0 ? text.Length : FunctionName().IsMatch(text[start..space]) ? space + 1 : start;
        }

        var position = open;
        while (position < text.Length && text[position] == '(')
        {
            for (var depth = 0; position < text.Length;)
            {
                depth += text[position] switch { '(' => 1, ')' => -1, _ => 0 };
                position++;
                if (depth == 0)
                {
                    break;
                }
            }

            // operator()(…), lambdas and templates: the signature continues after the parentheses.
            while (Continuation().Match(text, position) is { Success: true } more && more.Index == position)
            {
                position += more.Length;
            }
        }

        return position;
    }

    [GeneratedRegex(@"Unsupported model IR version: (\d+), max supported IR version: (\d+)")]
    private static partial Regex IrVersion();

    [GeneratedRegex(
        @"Opset (\d+) is under development.*Current official support for domain (\S+) is till opset (\d+)",
        RegexOptions.Singleline)]
    private static partial Regex Opset();

    [GeneratedRegex(
        "(?:External data path does not exist: |External data file not found: |GetFileLength for |open file )"
        + @"""?([^""]+?)""?(?: failed.*)?$",
        RegexOptions.Singleline)]
    private static partial Regex MissingData();

    [GeneratedRegex(@"Fatal error: (\S+?):(\w+)\(-?\d+\) is not a registered function/op")]
    private static partial Regex UnknownFunction();

    [GeneratedRegex(@"No Op registered for (\w+) with domain_version of (\d+)")]
    private static partial Regex UnknownOperator();

    [GeneratedRegex(
        @"^\[ErrorCode:\w+\] ?|Load model from .*? failed: ?|Exception during initialization: ?"
        + @"|Error: (?=\S+\.cc:\d)")]
    private static partial Regex Prefix();

    [GeneratedRegex(@"\S*\.(?:cc|h|cpp|hpp):\d+ ?")]
    private static partial Regex Source();

    [GeneratedRegex(@"^(?:[\w:<>,*&~\[\]{}# ]|operator)+$")]
    private static partial Regex Signature();

    [GeneratedRegex(@"^[A-Za-z_]\w*$")]
    private static partial Regex FunctionName();

    [GeneratedRegex(@"::(?:[\w:<>~{}#]|operator)+(?=\()| const| \[with [^\]]*\]")]
    private static partial Regex Continuation();

    [GeneratedRegex("""(?<![\w.:/])/(?:[^\s"'()]+/)+([^\s"'()/]+)(?!\S*:\d)""")]
    private static partial Regex AbsolutePath();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
