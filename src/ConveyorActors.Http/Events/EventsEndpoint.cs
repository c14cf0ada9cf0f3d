using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;
using Microsoft.AspNetCore.Http.Features;

namespace ConveyorActors.Http.Events;

/// <summary>Serves the event stream <c>GET /v1/events</c> as server-sent events.</summary>
sealed class EventsEndpoint(IBufferService service, ConveyorHttpOptions options, CancellationToken stopping)
{
    static readonly TimeSpan StillThereEvery = TimeSpan.FromSeconds(15);

    /// <summary>The time in which a reader must take an event.</summary>
    static readonly TimeSpan MaxWriteTime = TimeSpan.FromSeconds(10);

    readonly EventHub hub = new(service, options, stopping);

    public async Task<IResult> GetAsync(HttpContext context)
    {
        QueryReader.ValidateNames(context);
        var log =
            hub.Enter()
            ?? throw new HttpProblem(
                StatusCodes.Status503ServiceUnavailable,
                "too-many-readers",
                $"there are already {options.MaxEventReaders} readers of events, which is the maximum"
            )
            {
                RetryAfter = 5,
            };
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await SendAsync(context, log, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) { } // the reader disconnected, or the application stops
        finally
        {
            hub.Leave();
        }
        return Results.Empty;
    }

    async Task SendAsync(HttpContext context, EventLog log, CancellationToken aborted)
    {
        var response = context.Response;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        using var limit = new WriteTimeLimit(context, options.Clock);
        await WriteAsync("retry: 1000\n\n"u8.ToArray()).ConfigureAwait(false);
        var known = log.ParseNumber(context.Request.Headers["Last-Event-ID"].ToString());
        var at = known ?? log.Last;
        if (known is null)
            await WriteAsync(log.Render("state", at, await RenderStateAsync(aborted).ConfigureAwait(false)))
                .ConfigureAwait(false);
        while (!aborted.IsCancellationRequested)
        {
            if (log.FindNext(at, out var missed, out var more) is { } next)
            {
                if (missed > 0)
                    await WriteAsync(log.Render("missed", next.Number - 1, json => json.WriteNumber("events", missed)))
                        .ConfigureAwait(false);
                await WriteAsync(next.Bytes).ConfigureAwait(false);
                at = next.Number;
                continue;
            }
            try
            {
                await more.WaitAsync(StillThereEvery, options.Clock, aborted).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                await WriteAsync(": still there\n\n"u8.ToArray()).ConfigureAwait(false);
            }
        }

        // Completes when the reader has taken enough of what was written. A slow reader delays no other reader.
        async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            limit.Start(MaxWriteTime);
            await response.BodyWriter.WriteAsync(bytes, aborted).ConfigureAwait(false);
            limit.Stop();
        }
    }

    /// <summary>Renders the state that a new reader needs: the pipelines and their held sources.</summary>
    async Task<Action<System.Text.Json.Utf8JsonWriter>> RenderStateAsync(CancellationToken cancellationToken)
    {
        var snapshots = new List<PipelineSnapshot>();
        foreach (var name in await service.GetPipelinesAsync(cancellationToken).ConfigureAwait(false))
            snapshots.Add(await service.GetSnapshotAsync(name, cancellationToken).ConfigureAwait(false));
        return json =>
        {
            json.WriteBoolean("readOnly", options.IsReadOnly);
            json.WriteStartArray("pipelines");
            foreach (var snapshot in snapshots)
            {
                json.WriteStartObject();
                json.WriteString("pipeline", snapshot.Pipeline);
                json.WriteString("state", snapshot.State);
                json.WriteStartArray("held");
                foreach (var source in snapshot.Sources.Where(s => s.Signal.IsHeld))
                {
                    json.WriteStartObject();
                    json.WriteString("source", source.Source);
                    EventHub.WriteSignal(json, source.Signal);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndArray();
        };
    }
}
