using ConveyorActors.Http.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace ConveyorActors.Http.Server;

/// <summary>Serves the OpenAPI document, with what this server adds to the API.</summary>
static class ApiDocument
{
    public const string Path = "/openapi/v1.json";

    const string Bearer = "bearer",
        KeyHeader = "apiKey";

    /// <summary>
    /// How long a document is kept for other requests to the same host. To build it takes milliseconds, and everybody
    /// may ask for it.
    /// </summary>
    static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    public static void AddTo(WebApplicationBuilder builder, ConveyorServerOptions options)
    {
        builder.Services.AddOutputCache();
        builder.Services.AddOpenApi(document =>
            document.AddDocumentTransformer(
                (described, _, _) =>
                {
                    Describe(described, !string.IsNullOrEmpty(options.ApiKey));
                    return Task.CompletedTask;
                }
            )
        );
    }

    static void Describe(OpenApiDocument document, bool hasKey)
    {
        document.Info.Title = "ConveyorActors HTTP API";
        document.Info.Version = "v1";
        document.Info.Description =
            "Bounded buffers between the stages of data pipelines. docs/Http.md has an example for every resource.";
        document.Tags = Tags.All.Select(t => new OpenApiTag { Name = t }).ToHashSet();
        ServerOperations.AddTo(document);
        AddSecurity(document, hasKey);
        foreach (var (path, item) in document.Paths)
        foreach (var operation in item.Operations!.Values)
        {
            var isOpen = path is ConveyorServer.HealthPath or ConveyorServer.ReadyPath;
            Operation.AddProblems(
                operation,
                [
                    .. hasKey && !isOpen ? (ProblemKind[])[ProblemKinds.NoKey] : [],
                    ProblemKinds.ForeignOrigin,
                    ProblemKinds.UnknownHost,
                ]
            );
            if (isOpen)
                operation.Security = [];
        }
    }

    /// <summary>Adds the two ways to send the key. A server without a key also takes requests without one.</summary>
    static void AddSecurity(OpenApiDocument document, bool hasKey)
    {
        document.AddComponent<IOpenApiSecurityScheme>(
            Bearer,
            new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "The API key of the server, as `Authorization: Bearer KEY`.",
            }
        );
        document.AddComponent<IOpenApiSecurityScheme>(
            KeyHeader,
            new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = RequestGuard.KeyHeader,
                Description = "The same key in a header of its own.",
            }
        );
        document.Security =
        [
            .. hasKey ? (OpenApiSecurityRequirement[])[] : [new()],
            new() { [new(Bearer, document)] = [] },
            new() { [new(KeyHeader, document)] = [] },
        ];
    }

    public static void Map(WebApplication application) =>
        application.MapOpenApi().CacheOutput(document => document.SetVaryByQuery([]).Expire(KeptFor));
}
