using System.Globalization;
using System.Text.RegularExpressions;

namespace ConveyorActors.Http.Tests.OpenApi;

/// <summary>The description of a server's API, as programs read it.</summary>
sealed class DescribedApi
{
    public const string DocumentPath = "/openapi/v1.json";

    DescribedApi(JsonElement document)
    {
        Document = document;
        Operations =
        [
            .. from path in document.GetProperty("paths").EnumerateObject()
            from method in path.Value.EnumerateObject()
            select new DescribedOperation(method.Name.ToUpperInvariant(), path.Name, method.Value),
        ];
    }

    public JsonElement Document { get; }

    public IReadOnlyList<DescribedOperation> Operations { get; }

    public static async Task<DescribedApi> ReadAsync(HttpClient client) =>
        await ReadAsync(await client.GetAsync(DocumentPath));

    public static async Task<DescribedApi> ReadAsync(HttpResponseMessage reply) => new(await Serving.OkAsync(reply));

    /// <summary>Checks that a reply is one of those that the document describes for its request.</summary>
    public async Task<DescribedOperation> CheckAsync(HttpResponseMessage reply)
    {
        var operation = Find(reply)!;
        var status = ((int)reply.StatusCode).ToString(CultureInfo.InvariantCulture);
        var text = await reply.Content.ReadAsStringAsync();
        var where = $"{reply.RequestMessage!.Method} {reply.RequestMessage.RequestUri}, {status}: {text}";
        Assert.True(operation.Responses.TryGetProperty(status, out var response), where);
        var type = reply.Content.Headers.ContentType!.MediaType!;
        Assert.True(response.GetProperty("content").TryGetProperty(type, out var content), $"{type} of {where}");
        if (reply.Headers.RetryAfter is not null)
            Assert.True(response.GetProperty("headers").TryGetProperty("Retry-After", out _), where);
        if (!type.EndsWith("json", StringComparison.Ordinal))
            return operation;
        using var body = JsonDocument.Parse(text);
        Assert.Equal([], FindErrors(body.RootElement, content.GetProperty("schema"), "reply"));
        if (body.RootElement.TryGetProperty("type", out var kind))
            Assert.Contains(
                $"`{kind.GetString()!.Split(':')[^1]}`",
                response.Text("description"),
                StringComparison.Ordinal
            );
        return operation;
    }

    /// <summary>Returns the operation that a reply belongs to; null: there is none.</summary>
    public DescribedOperation? Find(HttpResponseMessage reply) =>
        Operations.SingleOrDefault(o =>
            o.Method == reply.RequestMessage!.Method.Method && o.Matches(reply.RequestMessage.RequestUri!.AbsolutePath)
        );

    /// <summary>Returns where a value differs from a schema.</summary>
    public IEnumerable<string> FindErrors(JsonElement value, JsonElement schema, string where)
    {
        schema = Resolve(schema);
        if (schema.TryGetProperty("anyOf", out var any))
            return any.EnumerateArray().Any(s => !FindErrors(value, s, where).Any())
                ? []
                : [$"{where} is none of them"];
        if (!HasType(value, schema))
            return [$"{where} is {value.GetRawText()}, and not {schema.GetProperty("type")}"];
        if (
            schema.TryGetProperty("enum", out var choices)
            && !choices.EnumerateArray().Any(c => c.ToString() == value.ToString())
        )
            return [$"{where} is {value.GetRawText()}, and not {choices}"];
        return value.ValueKind switch
        {
            JsonValueKind.Object => FindMemberErrors(value, schema, where),
            JsonValueKind.Array => value
                .EnumerateArray()
                .SelectMany((v, i) => FindErrors(v, schema.GetProperty("items"), $"{where}[{i}]")),
            JsonValueKind.Number => FindRangeErrors(value.GetDouble(), schema, where),
            _ => [],
        };
    }

    public JsonElement Resolve(JsonElement schema) =>
        schema.TryGetProperty("$ref", out var name)
            ? Document.GetProperty("components").GetProperty("schemas").GetProperty(name.GetString()!.Split('/')[^1])
            : schema;

    IEnumerable<string> FindMemberErrors(JsonElement value, JsonElement schema, string where)
    {
        if (schema.TryGetProperty("required", out var required))
            foreach (var name in required.EnumerateArray().Select(n => n.GetString()!))
                if (!value.TryGetProperty(name, out _))
                    yield return $"{where} has no {name}";
        foreach (var member in value.EnumerateObject())
        {
            if (schema.TryGetProperty("properties", out var known) && known.TryGetProperty(member.Name, out var its))
            {
                foreach (var error in FindErrors(member.Value, its, $"{where}.{member.Name}"))
                    yield return error;
            }
            else if (!schema.TryGetProperty("additionalProperties", out _))
                yield return $"{where} has {member.Name}, which is not described";
        }
    }

    static IEnumerable<string> FindRangeErrors(double value, JsonElement schema, string where)
    {
        if (schema.TryGetProperty("minimum", out var least) && value < least.GetDouble())
            yield return $"{where} is {value}, less than {least}";
        if (schema.TryGetProperty("maximum", out var most) && value > most.GetDouble())
            yield return $"{where} is {value}, more than {most}";
    }

    static bool HasType(JsonElement value, JsonElement schema)
    {
        if (!schema.TryGetProperty("type", out var type))
            return true;
        string[] types =
            type.ValueKind == JsonValueKind.String
                ? [type.GetString()!]
                : [.. type.EnumerateArray().Select(t => t.GetString()!)];
        return value.ValueKind switch
        {
            JsonValueKind.Null => types.Contains("null"),
            JsonValueKind.String => types.Contains("string"),
            JsonValueKind.True or JsonValueKind.False => types.Contains("boolean"),
            JsonValueKind.Array => types.Contains("array"),
            JsonValueKind.Object => types.Contains("object"),
            _ => types.Contains("number") || types.Contains("integer") && value.TryGetInt64(out _),
        };
    }
}

/// <summary>The description of one operation.</summary>
/// <param name="Method">The method, in capitals.</param>
/// <param name="Path">The path, with its parameters in braces.</param>
/// <param name="Description">The description.</param>
sealed record DescribedOperation(string Method, string Path, JsonElement Description)
{
    readonly Regex pattern = new($"^{Regex.Replace(Regex.Escape(Path), @"\\\{[^}]*}", "[^/]+")}$");

    public string Id => Description.Text("operationId")!;

    public JsonElement Responses => Description.GetProperty("responses");

    /// <summary>The schema of a body of JSON that is an object; null: there is no such body.</summary>
    public JsonElement? Body =>
        Description.TryGetProperty("requestBody", out var body)
        && body.GetProperty("content").EnumerateObject().Select(c => c.Name).SequenceEqual(["application/json"])
            ? body.GetProperty("content").GetProperty("application/json").GetProperty("schema")
            : null;

    public JsonElement[] Parameters(string place) =>
        Description.TryGetProperty("parameters", out var all)
            ? [.. all.EnumerateArray().Where(p => p.Text("in") == place)]
            : [];

    public bool Matches(string path) => pattern.IsMatch(path);
}
