using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using SoftmaxService.Inference.Faults;

namespace SoftmaxService.Inference.Models;

/// <summary>An enum by its JSON names alone, numbers rejected; the message for a misspelt one lists them all.</summary>
internal sealed class NamedEnumConverter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] T>
    : JsonConverter<T>
    where T : struct, Enum
{
    // arrays, since the runtime compiles a dictionary of each enum anew whenever the service starts
    private static readonly T[] Members = Enum.GetValues<T>();
    private static readonly string[] Names = Array.ConvertAll(Members, NameOf);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Array.IndexOf(Names, reader.GetString()) is >= 0 and var member
            ? Members[member]
            : throw new JsonValueException(
                $"It must be one of {string.Join(", ", Names.Select(name => $"\"{name}\""))}.",
                namesValue: false);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(NameOf(value));

    private static string NameOf(T value) =>
        // every enum of a manifest names its members
        typeof(T).GetField(value.ToString())!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()!.Name;
}
