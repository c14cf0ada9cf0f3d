using Microsoft.AspNetCore.Builder;

namespace ConveyorActors.Http.Routes;

/// <summary>What the routes have in common: how they begin, and how they are described.</summary>
static class RouteHandlers
{
    /// <summary>The beginning of the routes of a stage.</summary>
    public const string Stage = "/v1/pipelines/{pipeline}/stages/{stage}";

    /// <summary>Returns a handler as a route takes it.</summary>
    // A delegate of this type alone would be taken for a RequestDelegate, whose result nobody looks at.
    public static Delegate Of(Func<HttpContext, Task<IResult>> handler) => handler;

    /// <summary>Describes a route in the API's document.</summary>
    // Not the endpoint's own name, which must be unique: the API may be mapped several times.
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
