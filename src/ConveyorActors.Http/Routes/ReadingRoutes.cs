using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Events;
using ConveyorActors.Http.Inspecting;
using ConveyorActors.Http.OpenApi;
using Microsoft.AspNetCore.Routing;

namespace ConveyorActors.Http.Routes;

/// <summary>Maps the endpoints that only read.</summary>
static class ReadingRoutes
{
    /// <summary>Maps the endpoints to a group.</summary>
    /// <param name="group">The group the endpoints are added to.</param>
    /// <param name="service">The buffer service.</param>
    /// <param name="options">The limits of the API.</param>
    /// <param name="pipelines">Chooses the pipeline of a request.</param>
    /// <param name="stopping">Cancelled when the application stops; event streams end then.</param>
    public static void Map(
        RouteGroupBuilder group,
        IBufferService service,
        ConveyorHttpOptions options,
        PipelineGate pipelines,
        CancellationToken stopping
    )
    {
        var inspection = new InspectionEndpoints(service, options, pipelines);
        var described = new ReadingOperations(options);
        MapLists(group, inspection, described);
        MapNumbers(group, inspection, described);
        MapRecords(group, new RecordListEndpoints(service, options), described);
        group.MapOperation(
            HttpMethods.Get,
            "/v1/events",
            new EventsEndpoint(service, options, stopping).GetAsync,
            described.StreamEvents
        );
    }

    static void MapLists(RouteGroupBuilder group, InspectionEndpoints inspection, ReadingOperations described)
    {
        group.MapOperation(HttpMethods.Get, "/v1/pipelines", inspection.GetPipelinesAsync, described.ListPipelines);
        group.MapOperation(
            HttpMethods.Get,
            "/v1/pipelines/{pipeline}/stages",
            inspection.GetStagesAsync,
            described.ListStages
        );
        group.MapOperation(
            HttpMethods.Get,
            "/v1/pipelines/{pipeline}/sources",
            inspection.GetSourcesAsync,
            described.ListSources
        );
    }

    static void MapNumbers(RouteGroupBuilder group, InspectionEndpoints inspection, ReadingOperations described)
    {
        group.MapOperation(HttpMethods.Get, "/v1/stats", inspection.GetStatsAsync, described.GetStats);
        group.MapOperation(HttpMethods.Get, "/v1/audit", inspection.AuditAsync, described.Audit);
        group.MapOperation(HttpMethods.Get, "/v1/why/{source}", inspection.ExplainAsync, described.ExplainSource);
        group.MapOperation(HttpMethods.Get, "/v1/limits", inspection.GetLimitsAsync, described.GetLimits);
        group.MapOperation(
            HttpMethods.Get,
            "/v1/sources/{source}/credits",
            inspection.GetCreditsAsync,
            described.GetCredits
        );
    }

    static void MapRecords(RouteGroupBuilder group, RecordListEndpoints lists, ReadingOperations described)
    {
        group.MapOperation(HttpMethods.Get, RouteHandlers.Stage + "/peek", lists.PeekAsync, described.PeekRecords);
        group.MapOperation(
            HttpMethods.Get,
            RouteHandlers.Stage + "/dead-letters",
            lists.GetDeadLettersAsync,
            described.ListDeadLetters
        );
    }
}
