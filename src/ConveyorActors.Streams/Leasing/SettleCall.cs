using ConveyorActors.Buffers;

namespace ConveyorActors.Streams.Leasing;

/// <summary>Records of one lease that are settled by one call, with one result for all of them.</summary>
/// <remarks>Gathers records under the lease's lock until it is sent; no record is added after that.</remarks>
/// <param name="kind">How the records are settled.</param>
/// <param name="reason">The reason of a return.</param>
sealed class SettleCall(SettleKind kind, string? reason)
{
    readonly TaskCompletionSource<SettleStatus> result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets the number of records.</summary>
    public int Count { get; private set; }

    /// <summary>Gets the lowest and the highest index of the records in their lease.</summary>
    public (int From, int To) Range { get; private set; } = (int.MaxValue, -1);

    public Task<SettleStatus> Result => result.Task;

    public void Add(int index)
    {
        Count++;
        Range = (Math.Min(Range.From, index), Math.Max(Range.To, index));
    }

    /// <summary>Returns whether this call settles records of a kind and reason.</summary>
    public bool Is(SettleKind otherKind, string? otherReason) => kind == otherKind && reason == otherReason;

    /// <summary>
    /// Returns whether a later settlement of a kind is equivalent to this one, so that it gets the same result.
    /// </summary>
    public bool IsEquivalentTo(SettleKind wanted) =>
        kind == wanted
        || kind == SettleKind.Returned && wanted == SettleKind.ReturnedUncharged
        || kind == SettleKind.ReturnedUncharged && wanted == SettleKind.Returned;

    /// <summary>Settles the records. Never throws; a failure becomes the result.</summary>
    /// <param name="origin">The stage that the lease came from.</param>
    /// <param name="lease">The lease's id.</param>
    /// <param name="sequences">
    /// The sequences of the records; null: all records that the lease ever had, which saves the service a lookup of
    /// each.
    /// </param>
    public void Send(LeaseOrigin origin, long lease, long[]? sequences)
    {
        try
        {
            var settling =
                kind == SettleKind.Completed
                    ? origin.Service.CompleteAsync(origin.Pipeline, origin.Stage, lease, sequences)
                    : origin.Service.ReturnToBufferAsync(
                        origin.Pipeline,
                        origin.Stage,
                        lease,
                        sequences,
                        reason!,
                        charge: kind == SettleKind.Returned
                    );
            if (settling.IsCompletedSuccessfully)
                result.TrySetResult(settling.Result.Status);
            else
                _ = SetResultAsync(settling);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    void Fail(Exception failure)
    {
        if (result.TrySetException(failure))
            _ = result.Task.Exception; // observed: the end of a stream settles records, and nothing awaits the result
    }

    async Task SetResultAsync(ValueTask<SettleResult> settling)
    {
        try
        {
            result.TrySetResult((await settling.ConfigureAwait(false)).Status);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }
}

/// <summary>Specifies how a leased record is settled.</summary>
enum SettleKind : byte
{
    /// <summary>The record was processed.</summary>
    Completed,

    /// <summary>The record was tried and failed.</summary>
    Returned,

    /// <summary>The record was not tried.</summary>
    ReturnedUncharged,

    /// <summary>The stream returned the record when it ended; as far as is known, the record was not tried.</summary>
    TakenBack,
}
