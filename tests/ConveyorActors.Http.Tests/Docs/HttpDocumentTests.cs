using System.Text;
using System.Text.RegularExpressions;

namespace ConveyorActors.Http.Tests.Docs;

/// <summary>The examples of docs/Http.md, sent to a server in their order.</summary>
public sealed partial class HttpDocumentTests
{
    [Fact]
    public async Task The_examples_reply_as_shown_in_the_document()
    {
        await using var serving = await Serving.StartAsync();
        string leaseId = "", credit = "";
        var examples = Example().Matches(await File.ReadAllTextAsync(HttpDocument.Path));
        Assert.True(examples.Count > 20);
        foreach (Match example in examples)
        {
            var text = example.Groups["request"].Value.Replace("{leaseId}", leaseId, StringComparison.Ordinal).Replace("{credit}", credit, StringComparison.Ordinal);
            using var request = Parse(text);
            using var reply = await serving.Client.SendAsync(request);
            var body = await reply.Content.ReadAsStringAsync();
            using var actual = JsonDocument.Parse(body);
            using var expected = JsonDocument.Parse(example.Groups["reply"].Value);
            Assert.True(Matches(expected.RootElement, actual.RootElement), $"{text}\nreplied {body}\nand not {example.Groups["reply"].Value}");
            if (actual.RootElement.TryGetProperty("leaseId", out var lease)) leaseId = lease.GetString()!;
            if (actual.RootElement.TryGetProperty("credit", out var granted)) credit = granted.GetRawText();
        }
    }

    [Fact]
    public async Task Every_resource_is_in_the_document()
    {
        await using var serving = await Serving.StartAsync();
        var document = await File.ReadAllTextAsync(HttpDocument.Path);
        var requests = Example().Matches(document).Select(e => e.Groups["request"].Value.Split('\n')[0].Split('?')[0]).ToArray();

        foreach (var path in (await Serving.OkAsync(await serving.Client.GetAsync("/openapi/v1.json"))).GetProperty("paths").EnumerateObject())
        {
            foreach (var method in path.Value.EnumerateObject().Where(m => m.Name is "get" or "post" or "put" or "delete"))
            {
                if (path.Name == "/v1/events" || !path.Name.StartsWith("/v1/", StringComparison.Ordinal)) continue;
                var pattern = $"^{method.Name.ToUpperInvariant()} {Regex.Replace(Regex.Escape(path.Name), @"\\\{[^}]*}", "[^/]+")}$";
                Assert.True(requests.Any(r => Regex.IsMatch(r, pattern)), $"docs/Http.md has no example of {method.Name} {path.Name}");
            }
        }
    }

    static HttpRequestMessage Parse(string text)
    {
        var parts = text.Split("\n\n", 2);
        var lines = parts[0].Split('\n');
        var target = lines[0].Split(' ', 2);
        var request = new HttpRequestMessage(new(target[0]), target[1]);
        if (parts.Length > 1) request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(parts[1]));
        foreach (var header in lines.Skip(1).Select(l => l.Split(": ", 2)))
            if (!request.Headers.TryAddWithoutValidation(header[0], header[1])) request.Content!.Headers.TryAddWithoutValidation(header[0], header[1]);
        return request;
    }

    /// <summary>Whether a reply is what the document says: every member shown is there, and arrays have the items shown, and no more.</summary>
    static bool Matches(JsonElement expected, JsonElement actual) => expected.ValueKind switch
    {
        JsonValueKind.String when expected.GetString() == "…" => actual.ValueKind != JsonValueKind.Null,
        JsonValueKind.Object => actual.ValueKind == JsonValueKind.Object && expected.EnumerateObject().All(m => actual.TryGetProperty(m.Name, out var value) && Matches(m.Value, value)),
        JsonValueKind.Array => actual.ValueKind == JsonValueKind.Array && expected.GetArrayLength() == actual.GetArrayLength()
            && expected.EnumerateArray().Zip(actual.EnumerateArray()).All(p => Matches(p.First, p.Second)),
        _ => expected.GetRawText() == actual.GetRawText() || expected.ValueKind == JsonValueKind.String && actual.ValueKind == JsonValueKind.String && expected.GetString() == actual.GetString(),
    };

    [GeneratedRegex(@"^```http\n(?<request>.*?)\n```\n\n```json\n(?<reply>.*?)\n```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Example();
}
