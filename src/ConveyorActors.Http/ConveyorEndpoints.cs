using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Events;
using ConveyorActors.Http.Inspecting;
using ConveyorActors.Http.Leasing;
using ConveyorActors.Http.Producing;
using ConveyorActors.Http.Records;
using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ConveyorActors.Http;

/// <summary>The HTTP API of a buffer service, for an application of ASP.NET Core.</summary>
/// <remarks>
/// Keys, TLS, hosts and origins are the application's; <see cref="Server.ConveyorServer"/> is an application that has
/// them. docs/Http.md describes every resource.
/// </remarks>
public static class ConveyorEndpoints
{
    const string Stage = "/v1/pipelines/{pipeline}/stages/{stage}";

    /// <summary>Maps the resources below <c>/v1</c>.</summary>
    /// <param name="endpoints">The application, or a group of its endpoints.</param>
    /// <param name="service">
    /// The buffers: in this process, over actors or in a cluster. The caller disposes the service.
    /// </param>
    /// <param name="options">The limits; null: the defaults.</param>
    /// <returns>The group of the endpoints, for conventions such as authorization.</returns>
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
        MapReading(endpoints, group, service, options, pipelines);
        if (options.IsReadOnly)
            RefuseChanges(group);
        else
            MapChanging(group, service, options, pipelines);
        return group;
    }

    /// <summary>Makes a server that only reads say so, whatever a client would change.</summary>
    static void RefuseChanges(RouteGroupBuilder group) =>
        group
            .MapMethods(
                "/v1/{**any}",
                [HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete],
                IResult (HttpContext context) =>
                    throw new HttpProblem(
                        StatusCodes.Status403Forbidden,
                        "read-only",
                        $"{context.Request.Method} '{HttpProblem.Shown(context.Request.Path.Value ?? "")}' would change something, and this server only lets itself be looked at; it must be GET"
                    )
            )
            .ExcludeFromDescription();

    static void MapReading(
        IEndpointRouteBuilder endpoints,
        RouteGroupBuilder group,
        IBufferService service,
        ConveyorHttpOptions options,
        PipelineGate pipelines
    )
    {
        var inspection = new InspectionEndpoints(service, options, pipelines);
        var lists = new RecordListEndpoints(service, options);
        var events = new EventsEndpoint(
            service,
            options,
            endpoints.ServiceProvider.GetService<IHostApplicationLifetime>()?.ApplicationStopping
                ?? CancellationToken.None
        );
        group
            .MapGet("/v1/pipelines", Of(inspection.GetPipelinesAsync))
            .Describe("ListPipelines", "Lists the pipelines with their numbers.");
        group
            .MapGet(
                "/v1/pipelines/{pipeline}/stages",
                (string pipeline, HttpContext context) => inspection.StagesAsync(context)
            )
            .Describe("ListStages", "Lists the stages of a pipeline, and those that an operator holds.");
        group
            .MapGet(
                "/v1/pipelines/{pipeline}/sources",
                (string pipeline, HttpContext context) => inspection.SourcesAsync(context)
            )
            .Describe("ListSources", "Lists the sources of a pipeline with their signals.");
        group
            .MapGet("/v1/stats", (string? pipeline, HttpContext context) => inspection.StatsAsync(context))
            .Describe("GetStats", "All numbers of a pipeline taken at one moment, or the numbers of all pipelines.");
        group
            .MapGet("/v1/audit", (string? pipeline, HttpContext context) => inspection.AuditAsync(context))
            .Describe("Audit", "Whether offered = settled + lost by reason + pending at every level.");
        group
            .MapGet(
                "/v1/why/{source}",
                (string source, string? pipeline, HttpContext context) => inspection.WhyAsync(context)
            )
            .Describe(
                "ExplainSource",
                "Why a source is held: which limit or operator, which consumer holds the room, since when, until when."
            );
        group
            .MapGet("/v1/limits", (string? pipeline, HttpContext context) => inspection.LimitsAsync(context))
            .Describe("GetLimits", "The limits of a pipeline.");
        group
            .MapGet(
                "/v1/sources/{source}/credits",
                (string source, string? pipeline, string? stage, HttpContext context) =>
                    inspection.CreditsAsync(context)
            )
            .Describe("GetCredits", "How much room is granted to a source as credits, and how much more could be.");
        group
            .MapGet(
                Stage + "/peek",
                (string pipeline, string stage, string? max, HttpContext context) => lists.PeekAsync(context)
            )
            .Describe("PeekRecords", "The first records that wait in a stage, without leasing them.");
        group
            .MapGet(
                Stage + "/dead-letters",
                (string pipeline, string stage, string? max, HttpContext context) => lists.GetDeadLettersAsync(context)
            )
            .Describe("ListDeadLetters", "The dead letters of a stage, oldest first.");
        group
            .MapGet("/v1/events", Of(events.GetAsync))
            .Describe("StreamEvents", "Signals and rates as server-sent events; resumable by Last-Event-ID.");
    }

    static void MapChanging(
        RouteGroupBuilder group,
        IBufferService service,
        ConveyorHttpOptions options,
        PipelineGate pipelines
    )
    {
        var inspection = new InspectionEndpoints(service, options, pipelines);
        var records = new RecordsEndpoint(service, options, pipelines);
        var leases = new LeaseEndpoints(service, options, pipelines);
        var credits = new CreditEndpoints(service, options, pipelines);
        group
            .MapPost(
                Stage + "/records",
                (
                    string pipeline,
                    string stage,
                    string? source,
                    string? ack,
                    string? body,
                    string? idField,
                    string? whole,
                    string? credit,
                    string? waitMs,
                    HttpContext context
                ) => records.PostAsync(context)
            )
            .Describe(
                "OfferRecords",
                "Offers the records of the body: lines of JSON, an array of JSON, or lines of text; gzip is accepted."
            );
        group
            .MapPost(
                Stage + "/leases",
                (string pipeline, string stage, HttpContext context) => leases.PostAsync(context)
            )
            .Describe("LeaseRecords", "Leases records, waiting for them up to waitMs.");
        group
            .MapPost(
                "/v1/leases/{lease}/complete",
                (string lease, HttpContext context) => leases.CompleteAsync(context)
            )
            .Describe("CompleteLease", "Settles all or some records of a lease.");
        group
            .MapPost("/v1/leases/{lease}/return", (string lease, HttpContext context) => leases.ReturnAsync(context))
            .Describe("ReturnLease", "Gives failed records of a lease back, with a reason.");
        group
            .MapPost(
                "/v1/leases/{lease}/dead-letter",
                (string lease, HttpContext context) => leases.DeadLetterAsync(context)
            )
            .Describe("DeadLetterLease", "Puts records of a lease among the stage's dead letters.");
        group
            .MapPost("/v1/leases/{lease}/extend", (string lease, HttpContext context) => leases.ExtendAsync(context))
            .Describe("ExtendLease", "Moves a lease's deadline to its stage's lease timeout from now.");
        group
            .MapPost("/v1/sources/{source}/credits", (string source, HttpContext context) => credits.PostAsync(context))
            .Describe("RequestCredits", "Reserves room for records of a source at a stage.");
        group
            .MapDelete(
                "/v1/sources/{source}/credits/{credit}",
                (string source, string credit, string? pipeline, string? stage, HttpContext context) =>
                    credits.DeleteAsync(context)
            )
            .Describe("GiveBackCredits", "Gives back what is left of a credit.");
        group
            .MapPost(
                Stage + "/dead-letters",
                (string pipeline, string stage, HttpContext context) => inspection.GetDeadLettersAsync(context)
            )
            .Describe("ChangeDeadLetters", "Replays or purges dead letters of a stage.");
        group
            .MapPut(
                "/v1/limits",
                (string? pipeline, string? dryRun, HttpContext context) => inspection.SetLimitsAsync(context)
            )
            .Describe("SetLimits", "Sets some limits of a pipeline, or tells with dryRun=true what that would do.");
        group
            .MapPost(
                "/v1/pipelines/{pipeline}/pause",
                (string pipeline, HttpContext context) => inspection.HoldAsync(context, "pause")
            )
            .Describe("Pause", "Holds a source or a stage.");
        group
            .MapPost(
                "/v1/pipelines/{pipeline}/resume",
                (string pipeline, HttpContext context) => inspection.HoldAsync(context, "resume")
            )
            .Describe("Resume", "Resumes a source or a stage.");
        group
            .MapPost(
                "/v1/pipelines/{pipeline}/drain",
                (string pipeline, HttpContext context) => inspection.DrainAsync(context)
            )
            .Describe("Drain", "Stops a pipeline: it refuses offers and lets consumers finish.");
    }

    // A delegate of this type alone would be taken for a RequestDelegate, whose result nobody looks at.
    static Delegate Of(Func<HttpContext, Task<IResult>> handler) => handler;

    // Not the endpoint's own name, which must be unique: the API may be mapped several times.
    static void Describe(this RouteHandlerBuilder endpoint, string name, string summary) =>
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
