using System.Globalization;
using System.Text;
using SoftmaxService.Tests.Support.Fuzz.Images;

namespace SoftmaxService.Tests.Support.Fuzz;

/// <summary>Requests whose bytes do not form a valid message of HTTP/1.1.</summary>
internal static class DamagedFraming
{
    private static readonly string[] Framings =
    [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999",
        "Content-Length: 4294967297",
        "Content-Length: 0x10",
        "Content-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked",
        "Host: a\r\nHost: b",
        "Host: a b",
        ": no-name",
        "No colon",
        "X: \0",
        " folded: x",
        "X:\r\n folded",
        "Connection: close, keep-alive\r\nContent-Length: 3",
    ];

    public static FuzzRequest Make(Random random, long number)
    {
        var (path, json) = random.Pick(FuzzSeeds.Json);
        var body = Encoding.UTF8.GetBytes(json);
        var bytes = random.Next(4) switch
        {
            0 => RawRequest.Bytes(
                "POST",
                path,
                ["Content-Type: application/json", random.Of(Framings)],
                body,
                declaresLength: false),
            1 => RawRequest.Bytes(
                "POST",
                path,
                ["Content-Type: application/json", "Transfer-Encoding: chunked"],
                ByteMutation.Damage(random, RawRequest.Chunked(random, body)),
                declaresLength: false),
            2 => RawRequest.Bytes(
                "POST",
                path,
                [
                    "Content-Type: application/json",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Content-Length: {body.Length + random.Next(-20, 20)}"),
                ],
                body,
                declaresLength: false),
            _ => ByteMutation.Damage(random, RawRequest.Bytes("POST", path, ["Content-Type: application/json"], body)),
        };
        return new FuzzRequest(number, FuzzKind.Framing, bytes, MustBeAnswered: false);
    }
}
