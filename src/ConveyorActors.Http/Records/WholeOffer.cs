using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Service;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Records;

/// <summary>
/// Offers the records of a body all together: room for all of them is reserved first, and if there is not enough room
/// none is accepted.
/// </summary>
static class WholeOffer
{
    static readonly TimeSpan ReservedFor = TimeSpan.FromMinutes(1);

    public static async Task RunAsync(
        IBufferService service,
        IntakeRequest request,
        BodyIntake intake,
        CancellationToken cancellationToken
    )
    {
        var records = intake.Records.ToArray();
        if (records.Length == 0)
            return;
        var snapshot = await service.GetSnapshotAsync(request.Pipeline, cancellationToken).ConfigureAwait(false);
        var settings = snapshot.Settings ?? new();
        var bytes = records.Sum(r => (long)r.GetSize());
        if (FindNeverProblem(settings, records.Length, bytes) is { } never)
            throw new HttpProblem(never.Status, never.Kind, never.Message) { Members = intake.Totals.Members };
        var grant = await service
            .RequestCreditsAsync(
                request.Pipeline,
                request.Stage,
                request.Source,
                records.Length,
                ReservedFor,
                GetBytesPerRecord(settings, records.Length, bytes),
                cancellationToken
            )
            .ConfigureAwait(false);
        try
        {
            if (grant.Records >= records.Length)
                intake.RecordResult(
                    await OfferAsync(service, request, records, grant, cancellationToken).ConfigureAwait(false),
                    records.Length
                );
            else if (await FindEarlierAsync(service, request, cancellationToken).ConfigureAwait(false) is { } earlier)
                intake.RecordResult(earlier, records.Length);
            else
                intake.Totals.Stop(
                    await FindReasonAsync(service, snapshot, settings, request, (records.Length, bytes))
                        .ConfigureAwait(false)
                );
        }
        finally
        {
            // Duplicates used no room; this gives the rest back. If all of it was used, nothing is left to give back.
            if (grant.Records > 0)
                await service
                    .GiveBackCreditsAsync(request.Pipeline, grant, CancellationToken.None)
                    .ConfigureAwait(false);
        }
    }

    static ValueTask<OfferResult> OfferAsync(
        IBufferService service,
        IntakeRequest request,
        ConveyorRecord[] records,
        CreditGrant grant,
        CancellationToken cancellationToken
    ) =>
        request.Key is { } key
            ? service.OfferOnceAsync(
                request.Pipeline,
                request.Stage,
                request.Source,
                records,
                key,
                request.AckLevel,
                grant,
                cancellationToken
            )
            : service.BufferBatchForStageAsync(
                request.Pipeline,
                request.Stage,
                request.Source,
                records,
                request.AckLevel,
                grant,
                cancellationToken
            );

    /// <summary>
    /// Returns the result of the same offer made earlier, which needs no room; null: there was no earlier offer.
    /// </summary>
    static async ValueTask<OfferResult?> FindEarlierAsync(
        IBufferService service,
        IntakeRequest request,
        CancellationToken cancellationToken
    )
    {
        if (request.Key is not { } key)
            return null;
        // If the offer was not made earlier, this call offers no records and changes nothing.
        var result = await service
            .OfferOnceAsync(
                request.Pipeline,
                request.Stage,
                request.Source,
                default,
                key,
                request.AckLevel,
                null,
                cancellationToken
            )
            .ConfigureAwait(false);
        return result.Consumed > 0 ? result : null;
    }

    /// <summary>Returns the problem of a body for which even empty buffers have no room; null: it can be accepted.</summary>
    static HttpProblem? FindNeverProblem(BufferSettings settings, int records, long bytes) =>
        FindNeverProblem(
            records,
            "records",
            ("maxPerSource", settings.MaxPerSource),
            ("maxPerStage", settings.MaxPerStage),
            ("maxTotalRecords", settings.MaxTotalRecords)
        )
        ?? FindNeverProblem(
            bytes,
            "bytes",
            ("maxBytesPerSource", settings.MaxBytesPerSource),
            ("maxBytesPerStage", settings.MaxBytesPerStage),
            ("maxTotalBytes", settings.MaxTotalBytes)
        );

    static HttpProblem? FindNeverProblem(long amount, string what, params (string Name, long? Limit)[] limits)
    {
        var (name, limit) = limits.MinBy(l => l.Limit ?? long.MaxValue);
        return limit is not { } most || amount <= most
            ? null
            : new(
                StatusCodes.Status413PayloadTooLarge,
                "body-too-large",
                $"the body has {amount} {what} and {name} is {most}; to be accepted whole it must have at most that many"
            );
    }

    /// <summary>
    /// Returns the bytes to reserve per record if bytes are limited: the mean size. Smaller records release room that
    /// larger ones request in addition.
    /// </summary>
    static int GetBytesPerRecord(BufferSettings settings, int records, long bytes) =>
        (settings.MaxTotalBytes ?? settings.MaxBytesPerStage ?? settings.MaxBytesPerSource) is null
            ? 0
            : (int)((bytes + records - 1) / records);

    /// <summary>Returns the reason why there is no room for all records.</summary>
    static async ValueTask<OfferStatus> FindReasonAsync(
        IBufferService service,
        PipelineSnapshot before,
        BufferSettings settings,
        IntakeRequest request,
        (int Records, long Bytes) wanted
    )
    {
        if (before.State != "Running")
            return OfferStatus.Draining;
        var reasons = await service.ExplainAsync(request.Pipeline, request.Source).ConfigureAwait(false);
        if (reasons.Any(r => r.Limit == BackpressureReason.Store))
            return OfferStatus.StoreFailing;
        if (before.Holds.Any(h => h.Target == HoldTarget.Source && h.Name == request.Source))
            return OfferStatus.Held;
        var stage = before.Stages.FirstOrDefault(s => s.Stage == request.Stage)?.Level;
        var source = before.Sources.FirstOrDefault(s => s.Source == request.Source)?.Level;
        return IsFull(stage, settings.MaxPerStage, settings.MaxBytesPerStage, wanted) ? OfferStatus.StageFull
            : IsFull(source, settings.MaxPerSource, settings.MaxBytesPerSource, wanted) ? OfferStatus.SourceFull
            : IsFull(before.Total, settings.MaxTotalRecords, settings.MaxTotalBytes, wanted) ? OfferStatus.GlobalFull
            : reasons.Any(r => r.IsBacklog) ? OfferStatus.SourceFull
            : OfferStatus.StageFull;
    }

    static bool IsFull(LevelSnapshot? level, long limit, long? limitBytes, (int Records, long Bytes) wanted) =>
        (level?.Free ?? limit) < wanted.Records
        || limitBytes is { } most && most - (level?.PendingBytes ?? 0) < wanted.Bytes;
}
