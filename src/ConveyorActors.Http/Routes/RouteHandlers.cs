using Microsoft.AspNetCore.Builder;

namespace ConveyorActors.Http.Routes;

/// <summary>Shared parts of the routes: their common prefix and their description.</summary>
static class RouteHandlers
{
    /// <summary>The prefix of the routes of a stage.</summary>
    public const string Stage = "/v1/pipelines/{pipeline}/stages/{stage}";

    /// <summary>Returns a handler as the delegate that a route accepts.</summary>
    // Mapped directly, a method of this type would be taken for a RequestDelegate, whose result is ignored.
    public static Delegate Wrap(Func<HttpContext, Task<IResult>> handler) => handler;

    /// <summary>Describes a route in the OpenAPI document.</summary>
    // The endpoint itself gets no name: endpoint names must be unique, and the API may be mapped several times.
    public static void Describe(this RouteHandlerBuilder endpoint, string name, string summary) =>
        endpoint
            .WithSummary(summary)
            .WithTags("conveyor")
            .AddOpenApiOperationTransformer(
                (operation, _, _) =>
                {
                    operation.OperationId = name;
                    return Task.CompletedTask;
                }
            );
}
