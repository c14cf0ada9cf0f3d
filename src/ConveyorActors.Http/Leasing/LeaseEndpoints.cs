using System.Text.Json;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Records;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Leasing;

/// <summary>
/// Leases records (<c>POST /v1/pipelines/{pipeline}/stages/{stage}/leases</c>) and settles or renews the leases.
/// </summary>
sealed class LeaseEndpoints(IBufferService service, ConveyorHttpOptions options, PipelineGate pipelines)
{
    public const string DefaultReason = "returned over HTTP";
    public const int DefaultMax = 100;
    public const int MaxSequences = 1_000_000;
    public const long MaxTimeoutMs = 86_400_000;

    /// <summary>The time in which a client must take the reply with its records, without the time for their bytes.</summary>
    static readonly TimeSpan MaxReplyTime = TimeSpan.FromSeconds(30);

    /// <summary>The bytes of records for which a client has one second more.</summary>
    const double ReplyBytesPerSecond = 64 << 10;

    public async Task<IResult> PostAsync(HttpContext context)
    {
        QueryReader.ValidateNames(context);
        var (pipeline, stage) = (RouteNames.GetName(context, "pipeline"), RouteNames.GetName(context, "stage"));
        var body = (await JsonBody.ReadAsync(context, options).ConfigureAwait(false)).ValidateMembers(
            "max",
            "waitMs",
            "consumer",
            "timeoutMs"
        );
        var max = (int)(body.GetNumber("max", 1, options.MaxRecords) ?? DefaultMax);
        var wait = body.GetNumber("waitMs", 0, (long)options.MaxWait.TotalMilliseconds) ?? 0;
        var timeout = body.GetNumber("timeoutMs", 1, MaxTimeoutMs);
        var request = new BatchRequest(max)
        {
            Wait = wait > 0,
            Consumer = body.GetText("consumer") is { } consumer ? RouteNames.Validate(consumer, "consumer") : null,
            Timeout = timeout is { } ms ? TimeSpan.FromMilliseconds(ms) : null,
        };
        if (wait > 0)
            await pipelines.EnterAsync(pipeline, context.RequestAborted).ConfigureAwait(false);
        var batch = await LeaseAsync(pipeline, stage, request, wait, context.RequestAborted).ConfigureAwait(false);
        using var span = Tracing.Receive(pipeline, stage, batch);
        Tracing.SetRecordCount(span, batch.Count);
        using var limit = new WriteTimeLimit(context, options.Clock);
        limit.Start(MaxReplyTime + TimeSpan.FromSeconds(CountBytes(batch) / ReplyBytesPerSecond));
        try
        {
            await WriteAsync(context, pipeline, batch).ConfigureAwait(false);
            limit.Stop();
        }
        catch (Exception) when (batch.Count > 0)
        {
            // The client did not receive the records, so their return counts no failed attempt.
            await service
                .ReturnToBufferAsync(
                    pipeline,
                    stage,
                    batch.Id,
                    null,
                    "the client was gone",
                    charge: false,
                    CancellationToken.None
                )
                .ConfigureAwait(false);
            throw;
        }
        return Results.Empty;
    }

    static long CountBytes(LeasedBatch batch)
    {
        long bytes = 0;
        foreach (var record in batch.GetBareRecords().Span)
            bytes += record.GetSize();
        return bytes;
    }

    async Task<LeasedBatch> LeaseAsync(
        string pipeline,
        string stage,
        BatchRequest request,
        long waitMs,
        CancellationToken aborted
    )
    {
        if (waitMs == 0)
            return await service.GetBatchAsync(pipeline, stage, request, aborted).ConfigureAwait(false);
        using var wait = new CancellationTokenSource(TimeSpan.FromMilliseconds(waitMs), options.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(wait.Token, aborted);
        try
        {
            return await service.GetBatchAsync(pipeline, stage, request, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return new(0, stage, default, []);
        }
    }

    static async Task WriteAsync(HttpContext context, string pipeline, LeasedBatch batch)
    {
        context.RequestAborted.ThrowIfCancellationRequested();
        context.Response.ContentType = JsonText.MediaType;
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter, JsonText.Compact);
        var records = new RecordJson();
        json.WriteStartObject();
        if (batch.Count == 0)
        {
            json.WriteNull("leaseId");
            json.WriteNull("deadline");
        }
        else
        {
            json.WriteString("leaseId", new LeaseName(batch.Id, pipeline, batch.Stage).ToString());
            json.WriteString("deadline", batch.Deadline);
        }
        await JsonText
            .WriteArrayAsync(context, json, "records", batch.Records, (to, record) => records.Write(to, record))
            .ConfigureAwait(false);
        json.WriteEndObject();
        await JsonText.SendAsync(context, json).ConfigureAwait(false);
    }

    public async Task<IResult> CompleteAsync(HttpContext context)
    {
        var (lease, ack, body) = await ReadAsync(context, "sequences").ConfigureAwait(false);
        return await CreateResultAsync(
                context,
                lease,
                ack,
                await service
                    .CompleteAsync(lease.Pipeline, lease.Stage, lease.Id, ReadSequences(body), context.RequestAborted)
                    .ConfigureAwait(false)
            )
            .ConfigureAwait(false);
    }

    public async Task<IResult> ReturnAsync(HttpContext context)
    {
        var (lease, ack, body) = await ReadAsync(context, "sequences", "reason", "charge").ConfigureAwait(false);
        return await CreateResultAsync(
                context,
                lease,
                ack,
                await service
                    .ReturnToBufferAsync(
                        lease.Pipeline,
                        lease.Stage,
                        lease.Id,
                        ReadSequences(body),
                        ReadReason(body),
                        body.GetFlag("charge") ?? true,
                        context.RequestAborted
                    )
                    .ConfigureAwait(false)
            )
            .ConfigureAwait(false);
    }

    public async Task<IResult> DeadLetterAsync(HttpContext context)
    {
        var (lease, ack, body) = await ReadAsync(context, "sequences", "reason").ConfigureAwait(false);
        return await CreateResultAsync(
                context,
                lease,
                ack,
                await service
                    .DeadLetterAsync(
                        lease.Pipeline,
                        lease.Stage,
                        lease.Id,
                        ReadSequences(body),
                        ReadReason(body),
                        context.RequestAborted
                    )
                    .ConfigureAwait(false)
            )
            .ConfigureAwait(false);
    }

    public async Task<IResult> ExtendAsync(HttpContext context)
    {
        var (lease, ack, _) = await ReadAsync(context).ConfigureAwait(false);
        return await CreateResultAsync(
                context,
                lease,
                ack,
                await service
                    .RenewAsync(lease.Pipeline, lease.Stage, lease.Id, context.RequestAborted)
                    .ConfigureAwait(false)
            )
            .ConfigureAwait(false);
    }

    async Task<(LeaseName Lease, AckLevel Ack, JsonBody Body)> ReadAsync(HttpContext context, params string[] members)
    {
        QueryReader.ValidateNames(context, AckReader.Parameter);
        var ack = AckReader.Read(context, service);
        var lease = LeaseName.Parse(RouteNames.GetText(context, "lease"));
        return (
            lease,
            ack,
            (await JsonBody.ReadAsync(context, options).ConfigureAwait(false)).ValidateMembers(members)
        );
    }

    static IReadOnlyList<long>? ReadSequences(JsonBody body) => body.GetNumbers("sequences", MaxSequences);

    static string ReadReason(JsonBody body) => body.GetText("reason") ?? DefaultReason;

    async Task<IResult> CreateResultAsync(HttpContext context, LeaseName lease, AckLevel ack, SettleResult result)
    {
        if (result.Status == SettleStatus.LeaseExpired)
            throw new HttpProblem(
                StatusCodes.Status410Gone,
                "lease-expired",
                $"leaseId is '{lease}', whose deadline has passed; its records went back to stage '{HttpProblem.Sanitize(lease.Stage)}', and nothing was changed"
            );
        if (result.Status == SettleStatus.UnknownLease)
            throw HttpProblem.CreateNotFound(
                $"leaseId is '{lease}', and stage '{HttpProblem.Sanitize(lease.Stage)}' has no open lease of that id: it was settled before, or never existed"
            );
        if (
            ack == AckLevel.Persisted
            && !await service.FlushAsync(lease.Pipeline, context.RequestAborted).ConfigureAwait(false)
        )
            throw new HttpProblem(
                StatusCodes.Status507InsufficientStorage,
                "store-failing",
                $"pipeline '{HttpProblem.Sanitize(lease.Pipeline)}' cannot write to disk; the settlement is in memory until it can"
            )
            {
                Members = [("settled", (long)result.Settled), ("deadLettered", (long)result.DeadLettered)],
            };
        await JsonText
            .WriteAsync(
                context,
                json =>
                {
                    json.WriteNumber("settled", result.Settled);
                    json.WriteNumber("deadLettered", result.DeadLettered);
                }
            )
            .ConfigureAwait(false);
        return Results.Empty;
    }
}
