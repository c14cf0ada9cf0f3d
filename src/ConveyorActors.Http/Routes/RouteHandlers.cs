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
    // ASP.NET Core describes an endpoint in the OpenAPI document only if its metadata has a MethodInfo.
    public static void MapOperation(
        this RouteGroupBuilder group,
        string method,
        string path,
        Func<HttpContext, Task<IResult>> handler,
        Operation operation
    ) =>
        group
            .MapMethods(path, [method], CreateDelegate(handler))
            .WithMetadata(handler.Method)
            .WithTags(operation.Tag)
            .AddOpenApiOperationTransformer(
                (described, context, _) =>
                {
                    operation.ApplyTo(described, context.Document!);
                    return Task.CompletedTask;
                }
            );

    /// <summary>
    /// Returns the delegate that handles a request and writes the result. For delegates of other types ASP.NET Core finds
    /// the parameters by reflection, which is not safe in a native program.
    /// </summary>
    public static RequestDelegate CreateDelegate(Func<HttpContext, Task<IResult>> handler) =>
        async context =>
        {
            var result = await handler(context).ConfigureAwait(false);
            await result.ExecuteAsync(context).ConfigureAwait(false);
        };

    /// <summary>Returns the delegate of a handler that does not wait.</summary>
    public static RequestDelegate CreateDelegate(Func<HttpContext, IResult> handler) =>
        context => handler(context).ExecuteAsync(context);
}
