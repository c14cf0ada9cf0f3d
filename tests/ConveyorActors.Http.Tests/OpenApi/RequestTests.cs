using System.Numerics;
using System.Text;
using System.Text.Json.Nodes;

namespace ConveyorActors.Http.Tests.OpenApi;

/// <summary>The parameters and bodies in the document are those that the server reads.</summary>
public sealed class RequestTests
{
    /// <summary>A value for each parameter and member that a request must have.</summary>
    static readonly Dictionary<string, JsonNode> Samples = new()
    {
        ["pipeline"] = "orders",
        ["stage"] = "parse",
        ["source"] = "web",
        ["lease"] = "1.b3JkZXJz.cGFyc2U",
        ["credit"] = 1,
        ["records"] = 1,
        ["action"] = "replay",
        ["target"] = "source",
        ["name"] = "web",
    };

    [Fact]
    public async Task The_parameters_that_are_described_are_those_that_the_server_accepts()
    {
        await using var serving = await StartAsync();
        var api = await DescribedApi.ReadAsync(serving.Client);

        foreach (var operation in api.Operations.Where(o => o.Path.StartsWith("/v1/", StringComparison.Ordinal)))
        {
            var detail = await RefuseAsync(serving, operation, new() { ["nonsense"] = "1" }, null);

            Assert.Equal(ReadNames(detail), operation.Parameters("query").Select(p => p.Text("name")!));
        }
    }

    [Fact]
    public async Task The_members_that_are_described_are_those_that_the_server_accepts()
    {
        await using var serving = await StartAsync();
        var api = await DescribedApi.ReadAsync(serving.Client);
        var bodies = api.Operations.Where(o => o.Body is not null).ToArray();
        Assert.True(bodies.Length > 8);

        foreach (var operation in bodies)
        {
            var detail = await RefuseAsync(serving, operation, [], new() { ["nonsense"] = 1 });

            var members = operation.Body!.Value.TryGetProperty("properties", out var described)
                ? described.EnumerateObject().Select(m => m.Name)
                : [];
            Assert.Equal(ReadNames(detail), members);
        }
    }

    [Fact]
    public async Task Values_outside_a_described_range_are_refused_with_this_range()
    {
        await using var serving = await StartAsync();
        var api = await DescribedApi.ReadAsync(serving.Client);
        var count = 0;

        foreach (var operation in api.Operations)
        {
            foreach (var parameter in operation.Parameters("query"))
            {
                var name = parameter.Text("name")!;
                foreach (var (value, words) in CreateWrongValues(parameter.GetProperty("schema")))
                    await CheckAsync(operation, new() { [name] = value.ToString() }, null, name, words);
                if (parameter.TryGetProperty("required", out _))
                    await CheckAsync(operation, new() { [name] = null }, null, name, ["is missing"]);
            }
            if (operation.Body is not { } body || !body.TryGetProperty("properties", out var members))
                continue;
            foreach (var member in members.EnumerateObject())
            {
                foreach (var (value, words) in CreateWrongValues(member.Value))
                    await CheckAsync(operation, [], CreateBody(body, (member.Name, value)), member.Name, words);
                if (IsRequired(body, member.Name))
                    await CheckAsync(operation, [], CreateBody(body, (member.Name, null)), member.Name, ["is missing"]);
            }
        }
        Assert.True(count > 60, $"{count} wrong requests");

        async Task CheckAsync(
            DescribedOperation operation,
            Dictionary<string, string?> query,
            JsonObject? body,
            string name,
            string[] words
        )
        {
            count++;
            var detail = await RefuseAsync(serving, operation, query, body);
            Assert.StartsWith(name, detail.TrimStart('\''), StringComparison.Ordinal);
            foreach (var word in words)
                Assert.Contains(word, detail, StringComparison.Ordinal);
        }
    }

    static async Task<Serving> StartAsync()
    {
        var serving = await Serving.StartAsync();
        await Serving.OkAsync(await serving.OfferAsync("1"));
        return serving;
    }

    /// <summary>Sends a wrong request and returns the detail of its refusal.</summary>
    static async Task<string> RefuseAsync(
        Serving serving,
        DescribedOperation operation,
        Dictionary<string, string?> query,
        JsonObject? body
    )
    {
        var path = operation.Path;
        foreach (var parameter in operation.Parameters("path").Select(p => p.Text("name")!))
            path = path.Replace($"{{{parameter}}}", Samples[parameter].ToString(), StringComparison.Ordinal);
        foreach (var parameter in operation.Parameters("query").Where(p => p.TryGetProperty("required", out _)))
            query.TryAdd(parameter.Text("name")!, Samples[parameter.Text("name")!].ToString());
        var given = query.Where(q => q.Value is not null).Select(q => $"{q.Key}={Uri.EscapeDataString(q.Value!)}");
        using var request = new HttpRequestMessage(new(operation.Method), $"{path}?{string.Join('&', given)}");
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        return (await Serving.ProblemAsync(await serving.Client.SendAsync(request), 400)).Text("detail")!;
    }

    /// <summary>Returns the names that a refusal of an unknown name lists.</summary>
    static string[] ReadNames(string detail) =>
        detail.EndsWith("it has none", StringComparison.Ordinal)
            ? []
            : detail.Split("it must be one of ")[1].Split(';')[0].Split(", ");

    static JsonObject CreateBody(JsonElement schema, (string Name, JsonNode? Value) changed)
    {
        var body = new JsonObject();
        foreach (var member in schema.GetProperty("properties").EnumerateObject())
            if (member.Name == changed.Name && changed.Value is not null)
                body[member.Name] = changed.Value;
            else if (member.Name != changed.Name && IsRequired(schema, member.Name))
                body[member.Name] = Samples[member.Name].DeepClone();
        return body;
    }

    static bool IsRequired(JsonElement schema, string name) =>
        schema.TryGetProperty("required", out var required) && required.EnumerateArray().Any(r => r.ValueEquals(name));

    /// <summary>Returns values that a schema refuses, with the words that the server's refusal must have.</summary>
    static IEnumerable<(JsonNode Value, string[] Words)> CreateWrongValues(JsonElement schema)
    {
        var types = schema.TryGetProperty("type", out var type) ? type.ToString() : "";
        if (types.Contains("integer", StringComparison.Ordinal))
        {
            string[] range =
            [
                $"a whole number from {schema.GetProperty("minimum")} to {schema.GetProperty("maximum")}",
            ];
            yield return (JsonNode.Parse($"{schema.GetProperty("minimum").GetInt64() - 1}")!, range);
            yield return (JsonNode.Parse($"{new BigInteger(schema.GetProperty("maximum").GetInt64()) + 1}")!, range);
        }
        else if (types.Contains("number", StringComparison.Ordinal))
        {
            yield return (0, ["above 0"]);
            yield return (1.5, [schema.TryGetProperty("maximum", out _) ? "at most 1" : "below 1"]);
        }
        else if (types.Contains("boolean", StringComparison.Ordinal))
            yield return ("nonsense", ["true or false"]);
        else if (types.Contains("array", StringComparison.Ordinal))
            yield return ("nonsense", ["an array"]);
        else if (schema.TryGetProperty("enum", out var choices))
            yield return ("nonsense", [.. choices.EnumerateArray().Select(c => c.GetString()!)]);
        else if (schema.TryGetProperty("maxLength", out var length))
            yield return (new string('x', length.GetInt32() + 1), [$"{length}"]);
    }
}
