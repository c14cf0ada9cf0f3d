using ConveyorActors.Buffers;

namespace ConveyorActors.Streams.Leasing;

/// <summary>Records of one lease that are settled by one call, and its answer for all of them.</summary>
/// <remarks>Gathers under the lease's lock until it is sent; nothing is added after that.</remarks>
/// <param name="kind">What becomes of the records.</param>
/// <param name="reason">Why they are returned.</param>
sealed class SettleCall(SettleKind kind, string? reason)
{
    readonly TaskCompletionSource<SettleStatus> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many records there are.</summary>
    public int Count { get; private set; }

    /// <summary>The lowest and the highest index of them in their lease.</summary>
    public (int From, int To) Range { get; private set; } = (int.MaxValue, -1);

    public Task<SettleStatus> Answer => answer.Task;

    public void Add(int index)
    {
        Count++;
        Range = (Math.Min(Range.From, index), Math.Max(Range.To, index));
    }

    /// <summary>True when records may be settled by this call for that reason.</summary>
    public bool Is(SettleKind otherKind, string? otherReason) => kind == otherKind && reason == otherReason;

    /// <summary>
    /// True when the record was settled the way a later call wants it, and the earlier answer is that one's, too.
    /// </summary>
    public bool Means(SettleKind wanted) =>
        kind == wanted
        || kind == SettleKind.Returned && wanted == SettleKind.ReturnedUncharged
        || kind == SettleKind.ReturnedUncharged && wanted == SettleKind.Returned;

    /// <summary>Settles the records. Never throws; what goes wrong is the answer.</summary>
    /// <param name="origin">Where the lease came from.</param>
    /// <param name="lease">Its id.</param>
    /// <param name="sequences">
    /// Which records; null: all that it ever had, and the service need not look for each.
    /// </param>
    public void Send(LeaseOrigin origin, long lease, long[]? sequences)
    {
        try
        {
            var answering =
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
            if (answering.IsCompletedSuccessfully)
                answer.TrySetResult(answering.Result.Status);
            else
                _ = AnswerAsync(answering);
        }
        catch (Exception e)
        {
            answer.TrySetException(e);
        }
    }

    async Task AnswerAsync(ValueTask<SettleResult> answering)
    {
        try
        {
            answer.TrySetResult((await answering.ConfigureAwait(false)).Status);
        }
        catch (Exception e)
        {
            answer.TrySetException(e);
        }
    }
}

/// <summary>What becomes of a leased record.</summary>
enum SettleKind : byte
{
    /// <summary>Done.</summary>
    Completed,

    /// <summary>It was tried and failed.</summary>
    Returned,

    /// <summary>It was not tried.</summary>
    ReturnedUncharged,

    /// <summary>The stream took it back when it ended; it was not tried, as far as is known.</summary>
    TakenBack,
}
