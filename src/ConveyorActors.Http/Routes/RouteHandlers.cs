using ConveyorActors.Http.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace ConveyorActors.Http.Routes;

/// <summary>Shared parts of the routes: their common prefix and their description.</summary>
static class RouteHandlers
{
    /// <summary>The prefix of the routes of a stage.</summary>
    public const string Stage = "/v1/pipelines/{pipeline}/stages/{stage}";

    /// <summary>Maps a request, and describes it in the OpenAPI document.</summary>
    // The endpoint itself gets no name: endpoint names must be unique, and the API may be mapped several times.
    // The handler is passed as a Delegate: as a RequestDelegate its result would be ignored.
    public static void MapOperation(
        this RouteGroupBuilder group,
        string method,
        string path,
        Func<HttpContext, Task<IResult>> handler,
        Operation operation
    ) =>
        group
            .MapMethods(path, [method], (Delegate)handler)
            .WithTags(operation.Tag)
            .AddOpenApiOperationTransformer(
                (described, context, _) =>
                {
                    operation.ApplyTo(described, context.Document!);
                    return Task.CompletedTask;
                }
            );
}
