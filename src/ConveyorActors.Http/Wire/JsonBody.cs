using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;

namespace ConveyorActors.Http.Wire;

/// <summary>
/// A request body that is one small JSON object. An error names the wrong member and what would be right.
/// </summary>
sealed class JsonBody(JsonElement root)
{
    /// <summary>Maximum bytes of the body; a list of a million sequence numbers takes less.</summary>
    const int Max = 16 << 20;

    static readonly JsonElement None = JsonDocument.Parse("{}").RootElement;

    public JsonElement Root => root;

    /// <summary>Reads the body; an empty body is read as an object without members.</summary>
    /// <exception cref="HttpProblem">The body is not a JSON object, is too large, or is of another type.</exception>
    public static async Task<JsonBody> ReadAsync(HttpContext context, ConveyorHttpOptions options)
    {
        if (context.Request.ContentLength != 0)
            BodyType.RequireJson(context.Request);
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = Max;
        using var time = new CancellationTokenSource(options.MaxRequestTime, options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, context.RequestAborted);
        try
        {
            using var bytes = new MemoryStream();
            var buffer = new byte[4096];
            while (
                await context.Request.Body.ReadAsync(buffer, either.Token).ConfigureAwait(false) is > 0 and var count
            )
            {
                bytes.Write(buffer, 0, count);
                if (bytes.Length > Max)
                    throw new HttpProblem(
                        StatusCodes.Status413PayloadTooLarge,
                        "body-too-large",
                        $"the body has more than {Max} bytes; it must have at most that many"
                    );
            }
            if (bytes.Length == 0)
                return new(None);
            if (!Utf8.IsValid(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)))
                throw HttpProblem.CreateInvalid("the body has bytes that are not UTF-8; it must be UTF-8");
            using var document = JsonDocument.Parse(bytes.GetBuffer().AsMemory(0, (int)bytes.Length));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new(document.RootElement.Clone())
                : throw HttpProblem.CreateInvalid(
                    $"the body is {DescribeKind(document.RootElement)}; it must be an object of JSON"
                );
        }
        catch (IOException e) when (BrokenBody.IsCause(e))
        {
            throw BrokenBody.CreateException(e);
        }
        catch (JsonException e)
        {
            throw HttpProblem.CreateInvalid(JsonText.DescribeError(e, "the body"));
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested)
        {
            throw new HttpProblem(
                StatusCodes.Status408RequestTimeout,
                "body-too-slow",
                $"the body took more than {options.MaxRequestTime.TotalSeconds:0.###} s; it must take less"
            );
        }
    }

    /// <exception cref="HttpProblem">
    /// The object has a member that is not in <paramref name="names"/>, or a member twice.
    /// </exception>
    public JsonBody ValidateMembers(params string[] names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in root.EnumerateObject())
        {
            var name = GetName(member);
            if (!names.Contains(name, StringComparer.Ordinal))
                throw HttpProblem.CreateInvalid(
                    $"'{HttpProblem.Sanitize(name)}' is not a member of this body; {QueryReader.DescribeRight(name, names)}"
                );
            if (!seen.Add(name))
                throw HttpProblem.CreateInvalid($"{name} is given twice; it must be given once");
        }
        return this;
    }

    public long? GetNumber(string name, long least, long most)
    {
        if (!Has(name, out var value))
            return null;
        if (
            value.ValueKind == JsonValueKind.Number
            && value.TryGetInt64(out var number)
            && number >= least
            && number <= most
        )
            return number;
        throw CreateInvalid(
            name,
            value,
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}")
        );
    }

    public string? GetText(string name) =>
        !Has(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? GetText(name, value)
        : throw CreateInvalid(name, value, "a string");

    public bool? GetFlag(string name) =>
        !Has(name, out var value)
            ? null
            : value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => throw CreateInvalid(name, value, "true or false"),
            };

    /// <summary>Returns a list of sequence numbers; null: the member is missing.</summary>
    /// <remarks>
    /// A list that is null is an error, as a missing one means all records: a client that has lost its list must not
    /// settle records that it has not handled.
    /// </remarks>
    public IReadOnlyList<long>? GetNumbers(string name, int most)
    {
        if (!root.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind != JsonValueKind.Array)
            throw CreateInvalid(name, value, "an array of whole numbers");
        if (value.GetArrayLength() > most)
            throw HttpProblem.CreateInvalid(
                $"{name} has {value.GetArrayLength()} numbers; it must have at most {most}"
            );
        var numbers = new List<long>();
        foreach (var item in value.EnumerateArray())
            numbers.Add(
                item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number)
                    ? number
                    : throw CreateInvalid($"{name}[{numbers.Count}]", item, "a whole number")
            );
        return numbers;
    }

    bool Has(string name, out JsonElement value) =>
        root.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    static string GetText(string name, JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw HttpProblem.CreateInvalid(
                $"{name} has half of a surrogate pair, or bytes that are not UTF-8; it must be a valid string"
            );
        }
    }

    static string GetName(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw HttpProblem.CreateInvalid("a member's name has half of a surrogate pair; it must be a valid string");
        }
    }

    static HttpProblem CreateInvalid(string name, JsonElement value, string right) =>
        HttpProblem.CreateInvalid($"{name} is {JsonText.DescribeValue(value)}; it must be {right}");

    static string DescribeKind(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Array => "an array",
            JsonValueKind.String => "a string",
            JsonValueKind.Number => "a number",
            _ => element.GetRawText(),
        };
}
