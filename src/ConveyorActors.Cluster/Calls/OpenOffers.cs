using System.Runtime.InteropServices;

namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// The offers of a port that have no result yet: numbers them, and keeps those of each source to each stage in order
/// when they must be sent to another node.
/// </summary>
/// <remarks>
/// Safe for use by many threads. As long as all offers of a source to a stage go to one node, the link keeps their
/// order, and none waits for another. An offer that must be sent again, or would go to another node, waits for the
/// earlier ones of its source; once that node has accepted one, the others follow it without waiting for results.
/// </remarks>
sealed class OpenOffers
{
    readonly Lock gate = new();
    readonly Dictionary<string, LinkedList<Turn>> byPipeline = new(StringComparer.Ordinal);
    readonly Dictionary<(string Pipeline, string Stage, string Source), SourceOffers> bySource = [];
    long last;

    /// <summary>The open offers of one source to one stage, in order.</summary>
    sealed class SourceOffers
    {
        public LinkedList<Turn> Turns { get; } = [];

        /// <summary>The node that the offers go to.</summary>
        public string? Path { get; set; }

        /// <summary>Whether that node has accepted an offer of the source.</summary>
        public bool IsProven { get; set; }

        /// <summary>How many offers may have to be sent to <see cref="Path"/> still.</summary>
        public int Blocked { get; set; }
    }

    /// <summary>An offer's place among those of its source.</summary>
    public sealed class Turn
    {
        readonly OpenOffers offers;
        readonly SourceOffers ofSource;
        readonly LinkedList<Turn> ofPipeline;
        readonly LinkedListNode<Turn> node,
            pipelineNode;
        TaskCompletionSource? released;
        string? path;
        bool isReleased;
        volatile bool isBlocked;

        internal Turn(OpenOffers offers, OfferTarget target, long number)
        {
            (this.offers, Target, Number) = (offers, target, number);
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(offers.bySource, KeyOf(target), out _);
            ofSource = known ??= new();
            node = ofSource.Turns.AddLast(this);
            ref var all = ref CollectionsMarshal.GetValueRefOrAddDefault(offers.byPipeline, target.Pipeline, out _);
            ofPipeline = all ??= new();
            pipelineNode = ofPipeline.AddLast(this);
            FirstOpen = ofPipeline.First!.Value.Number;
        }

        public OfferTarget Target { get; }

        public long Number { get; }

        /// <summary>
        /// Gets the lowest number of the offers to the pipeline that had no result when this one began: itself, if
        /// there was none.
        /// </summary>
        public long FirstOpen { get; }

        bool IsFirst => ofSource.Turns.First == node;

        /// <summary>
        /// Completes at once when the offer may be sent to a node now, without overtaking another; otherwise when it is
        /// to be tried again.
        /// </summary>
        public Task MaySend(string to)
        {
            lock (offers.gate)
            {
                path = to;
                if (IsFirst)
                {
                    if (ofSource.Path == to)
                        return Task.CompletedTask;
                    (ofSource.Path, ofSource.IsProven) = (to, false);
                    for (var other = node.Next; other is not null; other = other.Next)
                        other.Value.Block_NeedsLock();
                    return Task.CompletedTask;
                }
                if (ofSource.Path == to && (isReleased || ofSource.Blocked == 0))
                    return Task.CompletedTask;
                Block_NeedsLock();
                isReleased = false;
                return (released ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }

        /// <summary>Called when the offer was sent: those behind it may follow.</summary>
        public void Sent()
        {
            if (!isBlocked)
                return;
            lock (offers.gate)
            {
                if (!isBlocked || !ofSource.IsProven || ofSource.Path != path)
                    return;
                Unblock_NeedsLock();
                Advance_NeedsLock(ofSource);
            }
        }

        /// <summary>Called when the offer must be sent again.</summary>
        public void Failed()
        {
            lock (offers.gate)
            {
                (isReleased, path) = (false, null);
                ofSource.IsProven = false;
                Block_NeedsLock();
            }
        }

        /// <summary>Ends the offer: its result is known, or it was given up.</summary>
        /// <param name="wasReplied">Whether the node has replied.</param>
        public void End(bool wasReplied)
        {
            lock (offers.gate)
            {
                if (wasReplied && ofSource.Path == path)
                    ofSource.IsProven = true;
                Unblock_NeedsLock();
                ofSource.Turns.Remove(node);
                if (ofSource.Turns.Count == 0)
                    offers.bySource.Remove(KeyOf(Target));
                else if (ofSource.Blocked > 0)
                    Advance_NeedsLock(ofSource);
                ofPipeline.Remove(pipelineNode);
                if (ofPipeline.Count == 0)
                    offers.byPipeline.Remove(Target.Pipeline);
            }
        }

        /// <summary>
        /// Releases the first offer that waits, when it is the first of its source, or follows offers that went to a
        /// node that accepts them.
        /// </summary>
        static void Advance_NeedsLock(SourceOffers ofSource)
        {
            for (var next = ofSource.Turns.First; next is not null; next = next.Next)
            {
                var turn = next.Value;
                if (!turn.isBlocked)
                    continue;
                if (turn.released is null || !turn.IsFirst && !ofSource.IsProven)
                    return;
                turn.isReleased = true;
                turn.released.SetResult();
                turn.released = null;
                return;
            }
        }

        void Block_NeedsLock()
        {
            if (isBlocked)
                return;
            isBlocked = true;
            ofSource.Blocked++;
        }

        void Unblock_NeedsLock()
        {
            if (!isBlocked)
                return;
            (isBlocked, isReleased) = (false, false);
            ofSource.Blocked--;
        }
    }

    static (string, string, string) KeyOf(in OfferTarget to) => (to.Pipeline, to.Stage, to.Source);

    /// <summary>Begins an offer. Offers are numbered in the order in which they begin.</summary>
    public Turn Begin(OfferTarget to)
    {
        lock (gate)
            return new(this, to, ++last);
    }
}
