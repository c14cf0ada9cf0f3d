using System.Runtime.InteropServices;

namespace ConveyorActors.Cluster.Calls;

/// <summary>
/// The offers of a port that have no result yet. Numbers them, and keeps the order of each source's offers to each
/// stage when offers must be sent to another node.
/// </summary>
/// <remarks>
/// Safe for use by many threads. As long as all offers of a source to a stage go to one node, the link keeps their
/// order, and no offer waits for another. An offer that must be sent again, or would go to another node, waits for the
/// earlier ones of its source; once that node has accepted one, the others follow without waiting for results.
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

        /// <summary>Gets or sets the node that the offers go to.</summary>
        public string? Path { get; set; }

        /// <summary>Gets or sets whether that node has accepted an offer of the source.</summary>
        public bool IsProven { get; set; }

        /// <summary>Gets or sets how many offers may still have to be sent to <see cref="Path"/>.</summary>
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
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(offers.bySource, GetKey(target), out _);
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
        /// Gets the lowest number of the offers to the pipeline that had no result when this one began: its own number,
        /// if there was no other.
        /// </summary>
        public long FirstOpen { get; }

        bool IsFirst => ofSource.Turns.First == node;

        /// <summary>
        /// Returns a task that completes when the offer may be sent: at once if it overtakes no other offer, otherwise
        /// when it should be tried again.
        /// </summary>
        public Task WaitUntilSendableAsync(string to)
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

        /// <summary>Marks the offer as sent, so that those behind it may follow.</summary>
        public void MarkSent()
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

        /// <summary>Marks the offer as one that must be sent again.</summary>
        public void MarkFailed()
        {
            lock (offers.gate)
            {
                (isReleased, path) = (false, null);
                ofSource.IsProven = false;
                Block_NeedsLock();
            }
        }

        /// <summary>Ends the offer, because its result is known or the caller has stopped waiting for it.</summary>
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
                    offers.bySource.Remove(GetKey(Target));
                else if (ofSource.Blocked > 0)
                    Advance_NeedsLock(ofSource);
                ofPipeline.Remove(pipelineNode);
                if (ofPipeline.Count == 0)
                    offers.byPipeline.Remove(Target.Pipeline);
            }
        }

        /// <summary>
        /// Releases the first offer that waits, if it is the first of its source or follows offers that went to a node
        /// that accepts them.
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

    static (string, string, string) GetKey(in OfferTarget to) => (to.Pipeline, to.Stage, to.Source);

    /// <summary>Begins an offer. Offers are numbered in the order in which they begin.</summary>
    public Turn Begin(OfferTarget to)
    {
        lock (gate)
            return new(this, to, ++last);
    }
}
