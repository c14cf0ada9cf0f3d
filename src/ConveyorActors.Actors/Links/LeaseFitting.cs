namespace ConveyorActors.Actors.Links;

/// <summary>Cuts leases that go to another node to the records that fit into a frame.</summary>
static class LeaseFitting
{
    const string Reason = "did not fit into the lease";

    /// <summary>Leases records, and returns uncharged the last ones that do not fit.</summary>
    /// <exception cref="WireLimitException">
    /// The first record does not fit by itself. All records were returned.
    /// </exception>
    public static async ValueTask<LeasedBatch> LeaseAsync(
        IBufferService buffers,
        string pipeline,
        string stage,
        BatchRequest request,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        var batch = await buffers.GetBatchAsync(pipeline, stage, request, cancellationToken).ConfigureAwait(false);
        var fit = WireSize.CountThatFit(batch.Records, maxBytes);
        if (fit == batch.Count)
            return batch;
        long[] rest = [.. batch.Records.Skip(fit).Select(r => r.Sequence)];
        await buffers
            .ReturnToBufferAsync(pipeline, stage, batch.Id, rest, Reason, charge: false, CancellationToken.None)
            .ConfigureAwait(false);
        if (fit > 0)
            return batch with { Records = [.. batch.Records.Take(fit)] };
        var first = batch.Records[0];
        throw WireSize.CreateTooLargeError(
            first.Record,
            $"of source '{first.SourceId}' in stage '{stage}' of pipeline '{pipeline}'",
            maxBytes
        );
    }
}
