using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Inspecting;
using ConveyorActors.Http.Leasing;
using ConveyorActors.Http.OpenApi;
using ConveyorActors.Http.Producing;
using ConveyorActors.Http.Records;
using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace ConveyorActors.Http.Routes;

/// <summary>Maps the endpoints that change something.</summary>
static class ChangingRoutes
{
    /// <summary>Maps the endpoints to a group.</summary>
    public static void Map(
        RouteGroupBuilder group,
        IBufferService service,
        ConveyorHttpOptions options,
        PipelineGate pipelines
    )
    {
        var records = new RecordsEndpoint(service, options, pipelines);
        group.MapOperation(
            HttpMethods.Post,
            RouteHandlers.Stage + "/records",
            records.PostAsync,
            OfferOperation.Create(options)
        );
        MapLeases(group, new LeaseEndpoints(service, options, pipelines), new LeaseOperations(options));
        MapCredits(group, new CreditEndpoints(service, options, pipelines), new CreditOperations(options));
        MapAdministration(group, new InspectionEndpoints(service, options, pipelines));
    }

    /// <summary>Maps all changing requests to a refusal, for a server that serves only reading requests.</summary>
    public static void MapRefusals(RouteGroupBuilder group) =>
        group
            .MapMethods(
                "/v1/{**any}",
                [HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete],
                RouteHandlers.CreateDelegate(
                    IResult (context) =>
                        throw new HttpProblem(
                            StatusCodes.Status403Forbidden,
                            "read-only",
                            $"{context.Request.Method} '{HttpProblem.Sanitize(context.Request.Path.Value ?? "")}' would change something, and this server is read-only; it must be GET"
                        )
                )
            )
            .ExcludeFromDescription();

    /// <summary>Maps the request that shows the effects of limits, which changes nothing.</summary>
    public static void MapDryRun(RouteGroupBuilder group, InspectionEndpoints inspection) =>
        group.MapOperation(HttpMethods.Put, "/v1/limits", inspection.SetLimitsAsync, ChangingOperations.PlanLimits);

    static void MapLeases(RouteGroupBuilder group, LeaseEndpoints leases, LeaseOperations described)
    {
        group.MapOperation(HttpMethods.Post, RouteHandlers.Stage + "/leases", leases.PostAsync, described.LeaseRecords);
        group.MapOperation(
            HttpMethods.Post,
            "/v1/leases/{lease}/complete",
            leases.CompleteAsync,
            described.CompleteLease
        );
        group.MapOperation(HttpMethods.Post, "/v1/leases/{lease}/return", leases.ReturnAsync, described.ReturnLease);
        group.MapOperation(
            HttpMethods.Post,
            "/v1/leases/{lease}/dead-letter",
            leases.DeadLetterAsync,
            described.DeadLetterLease
        );
        group.MapOperation(HttpMethods.Post, "/v1/leases/{lease}/extend", leases.ExtendAsync, described.ExtendLease);
    }

    static void MapCredits(RouteGroupBuilder group, CreditEndpoints credits, CreditOperations described)
    {
        group.MapOperation(
            HttpMethods.Post,
            "/v1/sources/{source}/credits",
            credits.PostAsync,
            described.RequestCredits
        );
        group.MapOperation(
            HttpMethods.Delete,
            "/v1/sources/{source}/credits/{credit}",
            credits.DeleteAsync,
            described.GiveBackCredits
        );
    }

    static void MapAdministration(RouteGroupBuilder group, InspectionEndpoints inspection)
    {
        group.MapOperation(
            HttpMethods.Post,
            RouteHandlers.Stage + "/dead-letters",
            inspection.ChangeDeadLettersAsync,
            ChangingOperations.ChangeDeadLetters
        );
        group.MapOperation(HttpMethods.Put, "/v1/limits", inspection.SetLimitsAsync, ChangingOperations.SetLimits);
        group.MapOperation(
            HttpMethods.Post,
            "/v1/pipelines/{pipeline}/pause",
            context => inspection.HoldAsync(context, "pause"),
            ChangingOperations.Pause
        );
        group.MapOperation(
            HttpMethods.Post,
            "/v1/pipelines/{pipeline}/resume",
            context => inspection.HoldAsync(context, "resume"),
            ChangingOperations.Resume
        );
        group.MapOperation(
            HttpMethods.Post,
            "/v1/pipelines/{pipeline}/drain",
            inspection.DrainAsync,
            ChangingOperations.Drain
        );
    }
}
