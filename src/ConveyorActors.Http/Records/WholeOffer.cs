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
        var records = intake.Batch.ToArray();
        if (records.Length == 0)
            return;
        var snapshot = await service.GetSnapshotAsync(request.Pipeline, cancellationToken).ConfigureAwait(false);
        var settings = snapshot.Settings ?? new();
        if (FindNeverProblem(settings, records.Length) is { } never)
            throw never;
        var grant = await service
            .RequestCreditsAsync(
                request.Pipeline,
                request.Stage,
                request.Source,
                records.Length,
                ReservedFor,
                GetBytesPerRecord(settings, records),
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
                intake.Totals.Stop(FindReason(snapshot, settings, request, records.Length));
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

    static HttpProblem? FindNeverProblem(BufferSettings settings, int records)
    {
        var (name, limit) = ((string, int)[])
            [
                ("maxPerSource", settings.MaxPerSource),
                ("maxPerStage", settings.MaxPerStage),
                ("maxTotalRecords", settings.MaxTotalRecords),
            ]
            is var limits
            ? limits.MinBy(l => l.Item2)
            : default;
        return records <= limit
            ? null
            : new(
                StatusCodes.Status413PayloadTooLarge,
                "body-too-large",
                $"the body has {records} records and {name} is {limit}; to be accepted whole it must have at most that many"
            );
    }

    /// <summary>
    /// Returns the bytes to reserve per record if bytes are limited: the mean size. Smaller records release room that
    /// larger ones request in addition.
    /// </summary>
    static int GetBytesPerRecord(BufferSettings settings, ConveyorRecord[] records) =>
        (settings.MaxTotalBytes ?? settings.MaxBytesPerStage ?? settings.MaxBytesPerSource) is null
            ? 0
            : (int)((records.Sum(r => (long)r.Payload.Length) + records.Length - 1) / records.Length);

    static OfferStatus FindReason(PipelineSnapshot before, BufferSettings settings, IntakeRequest request, int records)
    {
        if (before.State != "Running")
            return OfferStatus.Draining;
        if (before.Holds.Any(h => h.Target == HoldTarget.Source && h.Name == request.Source))
            return OfferStatus.Held;
        var stage = before.Stages.FirstOrDefault(s => s.Stage == request.Stage)?.Level.Free ?? settings.MaxPerStage;
        var source =
            before.Sources.FirstOrDefault(s => s.Source == request.Source)?.Level.Free ?? settings.MaxPerSource;
        return stage < records ? OfferStatus.StageFull
            : source < records ? OfferStatus.SourceFull
            : before.Total.Free < records ? OfferStatus.GlobalFull
            : OfferStatus.StageFull;
    }
}
