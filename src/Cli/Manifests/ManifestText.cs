using System.Text;
using System.Text.Json;
using SoftmaxService.Inference.Calibration;
using SoftmaxService.Inference.Models;

namespace SoftmaxService.Cli.Manifests;

/// <summary>
/// Puts a member, such as the calibration, into a manifest's text and leaves every other byte of it as it was:
/// comments, order, spacing and line ends.
/// </summary>
internal static class ManifestText
{
    private const string Calibration = "calibration";
    private const string Input = "input";
    private const string Training = "training";
    private const string DefaultIndent = "  ";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>A manifest of a calibration alone.</summary>
    public static byte[] Create(ManifestCalibration calibration) => WithCalibration("{}\n"u8, calibration);

    /// <summary>
    /// Replaces the calibration, or inserts one: before <c>training</c> where there is one, else at the end.
    /// </summary>
    /// <param name="manifest">The file's bytes: a manifest that <see cref="ModelManifest.Parse"/> accepts.</param>
    /// <param name="calibration">What to write.</param>
    public static byte[] WithCalibration(ReadOnlySpan<byte> manifest, ManifestCalibration calibration) =>
        With(manifest, Calibration, new ModelManifest { Calibration = calibration }, before: Training);

    /// <summary>
    /// Replaces the values of <c>input</c> that another input states, as <see cref="ManifestInput.With"/> does; inserts
    /// an <c>input</c> at the end where there is none.
    /// </summary>
    /// <param name="manifest">The file's bytes: a manifest that <see cref="ModelManifest.Parse"/> accepts.</param>
    /// <param name="input">What to write.</param>
    public static byte[] WithInput(ReadOnlySpan<byte> manifest, ManifestInput input)
    {
        var present = ModelManifest.Parse(manifest).Input ?? new ManifestInput();
        return With(manifest, Input, new ModelManifest { Input = present.With(input) }, before: null);
    }

    /// <summary>Puts one member of <paramref name="source"/> into the text.</summary>
    private static byte[] With(ReadOnlySpan<byte> manifest, string name, ModelManifest source, string? before)
    {
        var bom = manifest.StartsWith(Encoding.UTF8.Preamble) ? manifest[..3] : [];
        var json = manifest[bom.Length..];
        var members = ReadMembers(json, out var openBrace);
        var style = TextStyle.Of(json, openBrace, members);
        var value = style.Apply(source, name);

        var (start, end, text) = members switch
        {
            _ when members.Find(member => member.Name == name) is { } old => (old.ValueStart, old.ValueEnd, value),
            _ when members.Find(member => member.Name == before) is { } next => (
                next.NameStart,
                next.NameStart,
                $"\"{name}\": {value},{style.Separator}"),
            [.., var last] => (last.ValueEnd, last.ValueEnd, $",{style.Separator}\"{name}\": {value}"),
            _ => (openBrace + 1, openBrace + 1, $"{style.Separator}\"{name}\": {value}{style.LineEnd}"),
        };
        return [.. bom, .. json[..start], .. Utf8.GetBytes(text), .. json[end..]];
    }

    private static List<Member> ReadMembers(ReadOnlySpan<byte> json, out int openBrace)
    {
        var reader = new Utf8JsonReader(
            json,
            new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        reader.Read();
        openBrace = (int)reader.TokenStartIndex;
        var members = new List<Member>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!; // a property's name is never null
            var nameStart = (int)reader.TokenStartIndex;
            reader.Read();
            var valueStart = (int)reader.TokenStartIndex;
            reader.Skip();
            members.Add(new Member(name, nameStart, valueStart, (int)reader.BytesConsumed));
        }

        return members;
    }

    private sealed record Member(string Name, int NameStart, int ValueStart, int ValueEnd);

    /// <summary>How the manifest's author ends and indents lines.</summary>
    private sealed record TextStyle(string LineEnd, string Indent)
    {
        public string Separator => LineEnd.Length == 0 ? " " : LineEnd + Indent;

        public static TextStyle Of(ReadOnlySpan<byte> json, int openBrace, List<Member> members)
        {
            var before = members is [var first, ..] ? json[(openBrace + 1)..first.NameStart] : [];
            var lineEnd = json.IndexOf("\r\n"u8) >= 0 ? "\r\n" : "\n";
            if (members.Count == 0)
            {
                return new TextStyle(lineEnd, DefaultIndent);
            }

            var lineStart = before.LastIndexOf((byte)'\n') + 1;
            var indent = before[lineStart..];
            return lineStart == 0 ? new TextStyle("", "")
                : new TextStyle(lineEnd, indent.ContainsAnyExcept(" \t"u8) ? DefaultIndent : Utf8.GetString(indent));
        }

        /// <summary>A member's JSON in this style; on one line where the manifest is.</summary>
        public string Apply(ModelManifest manifest, string name)
        {
            // Through a whole manifest: its serializer knows the names and the order of the members.
            using var written = JsonDocument.Parse(manifest.ToUtf8Json());
            var value = written.RootElement.GetProperty(name);
            return LineEnd.Length == 0 ? JsonSerializer.Serialize(value) : Format(value, depth: 1);
        }

        /// <summary>
        /// What holds only plain values stands on one line: a reliability bin, a list of numbers. The member
        /// itself never does.
        /// </summary>
        private string Format(JsonElement value, int depth)
        {
            string[] parts = value.ValueKind switch
            {
                JsonValueKind.Object =>
                [
                    .. value
                        .EnumerateObject()
                        .Select(member =>
                            $"{JsonSerializer.Serialize(member.Name)}: {Format(member.Value, depth + 1)}"),
                ],
                JsonValueKind.Array => [.. value.EnumerateArray().Select(element => Format(element, depth + 1))],
                _ => [],
            };
            var (open, close) = value.ValueKind == JsonValueKind.Object ? ("{", "}") : ("[", "]");
            if (parts.Length == 0)
            {
                return value.GetRawText();
            }

            if (depth > 1 && !HoldsContainers(value))
            {
                return value.ValueKind == JsonValueKind.Object
                    ? $"{open} {string.Join(", ", parts)} {close}"
                    : $"{open}{string.Join(", ", parts)}{close}";
            }

            var inner = LineEnd + string.Concat(Enumerable.Repeat(Indent, depth + 1));
            var outer = LineEnd + string.Concat(Enumerable.Repeat(Indent, depth));
            return open + inner + string.Join("," + inner, parts) + outer + close;
        }

        private static bool HoldsContainers(JsonElement value) => value.ValueKind == JsonValueKind.Object
            ? value.EnumerateObject().Any(member => IsContainer(member.Value))
            : value.EnumerateArray().Any(IsContainer);

        private static bool IsContainer(JsonElement value) =>
            value.ValueKind is JsonValueKind.Object or JsonValueKind.Array;
    }
}
