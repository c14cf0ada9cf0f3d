using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Inspecting;
using ConveyorActors.Http.Routes;
using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ConveyorActors.Http;

/// <summary>Maps the HTTP API of a buffer service into an ASP.NET Core application.</summary>
/// <remarks>
/// API keys, TLS, allowed hosts and origins are left to the application; <see cref="Server.ConveyorServer"/> is an
/// application that handles them. docs/Http.md describes every resource.
/// </remarks>
public static class ConveyorEndpoints
{
    /// <summary>Maps the API's resources below <c>/v1</c>.</summary>
    /// <param name="endpoints">The application, or a group of its endpoints.</param>
    /// <param name="service">
    /// The buffer service: in this process, over actors or in a cluster. The caller disposes the service.
    /// </param>
    /// <param name="options">The limits of the API; null: the defaults.</param>
    /// <returns>The group of the mapped endpoints, for conventions such as authorization.</returns>
    /// <remarks>
    /// A filter that is added to the group runs around the whole request: when <c>next</c> returns, the response is
    /// written and the result is empty.
    /// </remarks>
    public static RouteGroupBuilder MapConveyor(
        this IEndpointRouteBuilder endpoints,
        IBufferService service,
        ConveyorHttpOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(service);
        options ??= new();
        var pipelines = new PipelineGate(service, options.MaxPipelines);
        var group = endpoints.MapGroup("");
        group.AddEndpointFilter(new ProblemFilter());
        group.AddEndpointFilter(new TargetFilter());
        var lifetime = endpoints.ServiceProvider.GetService<IHostApplicationLifetime>();
        ReadingRoutes.Map(group, service, options, pipelines, lifetime?.ApplicationStopping ?? CancellationToken.None);
        if (options.IsReadOnly)
        {
            ChangingRoutes.MapRefusals(group);
            ChangingRoutes.MapDryRun(group, new InspectionEndpoints(service, options, pipelines));
        }
        else
            ChangingRoutes.Map(group, service, options, pipelines);
        return group;
    }
}
