using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace ConveyorActors.Http.OpenApi;

/// <summary>Describes a request of the API: its parameters, its body, and its replies.</summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Tag">The name of the operation's group.</param>
/// <param name="Summary">What the request does, in one sentence.</param>
sealed record Operation(string Id, string Tag, string Summary)
{
    const string ProblemMediaType = Wire.HttpProblem.MediaType;

    /// <summary>Gets what is to be known beyond the summary; null: nothing.</summary>
    public string? Description { get; init; }

    public IReadOnlyList<Field> Path { get; init; } = [];

    public IReadOnlyList<Field> Query { get; init; } = [];

    public IReadOnlyList<Field> Headers { get; init; } = [];

    /// <summary>Gets the body; null: the request has none.</summary>
    public OpenApiRequestBody? Body { get; init; }

    /// <summary>Gets the reply with status 200.</summary>
    public required OpenApiResponse Reply { get; init; }

    /// <summary>Gets the problems besides those of all requests.</summary>
    public IReadOnlyList<ProblemKind> Problems { get; init; } = [];

    /// <summary>Writes the description into an operation of a document.</summary>
    public void ApplyTo(OpenApiOperation operation, OpenApiDocument document)
    {
        Components.AddTo(document);
        operation.OperationId = Id;
        operation.Summary = Summary;
        operation.Description = Description;
        operation.Parameters =
        [
            .. Path.Select(f => CreateParameter(f, ParameterLocation.Path)),
            .. Query.Select(f => CreateParameter(f, ParameterLocation.Query)),
            .. Headers.Select(f => CreateParameter(f, ParameterLocation.Header)),
        ];
        operation.RequestBody = Body;
        operation.Responses = new() { ["200"] = Reply };
        AddProblems(operation, [.. Problems, .. ProblemKinds.Common]);
    }

    /// <summary>Adds replies for problems to an operation. A status with several kinds of problems has one reply.</summary>
    public static void AddProblems(OpenApiOperation operation, IEnumerable<ProblemKind> problems)
    {
        var responses = new SortedDictionary<string, IOpenApiResponse>(
            operation.Responses ?? [],
            StringComparer.Ordinal
        );
        foreach (var group in problems.GroupBy(p => p.Status))
        {
            var status = group.Key.ToString(CultureInfo.InvariantCulture);
            var kinds = string.Join("\n", group.Select(p => $"- `{p.Name}`: {p.Description}"));
            var before = responses.TryGetValue(status, out var known)
                ? known.Description
                : $"{ReasonPhrases.GetReasonPhrase(group.Key)}. Types of problems:";
            responses[status] = new OpenApiResponse
            {
                Description = $"{before}\n{kinds}",
                Headers = group.Any(p => p.HasRetryAfter) ? Bodies.RetryAfter : null,
                Content = Bodies.CreateContent((ProblemMediaType, SharedSchemas.Problem.Refer())),
            };
        }
        operation.Responses = [];
        foreach (var (status, response) in responses)
            operation.Responses.Add(status, response);
    }

    static IOpenApiParameter CreateParameter(Field field, ParameterLocation location)
    {
        var schema = field.CreateSchema();
        schema.Description = null;
        return new OpenApiParameter
        {
            Name = field.Name,
            In = location,
            Description = field.Description,
            Required = field.IsRequired || location == ParameterLocation.Path,
            Schema = schema,
        };
    }
}
