namespace ConveyorActors.Cluster.Calls;

/// <summary>The offers of a port that have no result yet: numbers them, and keeps those of each source to each stage in order when they must be sent to another node.</summary>
/// <remarks>
/// Safe for use by many threads. As long as all offers of a line go to one node, the link keeps their order, and none waits for another. An offer that must be sent again, or
/// would go to another node, waits for the earlier ones of its line; once that node has accepted one, the others follow it without waiting for results.
/// </remarks>
sealed class OpenOffers
{
    readonly Lock gate = new();
    readonly Dictionary<string, SortedSet<long>> byPipeline = new(StringComparer.Ordinal);
    readonly Dictionary<(string Pipeline, string Stage, string Source), Line> lines = [];
    long last;

    /// <summary>The open offers of one source to one stage, in order.</summary>
    sealed class Line
    {
        public LinkedList<Turn> Turns { get; } = [];

        /// <summary>The node that the offers go to.</summary>
        public string? Path { get; set; }

        /// <summary>Whether that node has accepted an offer of the line.</summary>
        public bool IsProven { get; set; }

        /// <summary>How many offers may have to be sent to <see cref="Path"/> still.</summary>
        public int Blocked { get; set; }
    }

    /// <summary>An offer's place in its line.</summary>
    public sealed class Turn
    {
        readonly OpenOffers offers;
        readonly Line line;
        readonly LinkedListNode<Turn> node;
        TaskCompletionSource? released;
        string? path;
        bool isBlocked, isReleased;

        internal Turn(OpenOffers offers, OfferTarget target, long number)
        {
            (this.offers, Target, Number) = (offers, target, number);
            ref var known = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(offers.lines, KeyOf(target), out _);
            line = known ??= new();
            node = line.Turns.AddLast(this);
        }

        public OfferTarget Target { get; }

        public long Number { get; }

        bool IsFirst => line.Turns.First == node;

        /// <summary>Completes at once when the offer may be sent to a node now, without overtaking another; otherwise when it is to be tried again.</summary>
        public Task MaySend(string to)
        {
            lock (offers.gate)
            {
                path = to;
                if (IsFirst)
                {
                    if (line.Path == to) return Task.CompletedTask;
                    (line.Path, line.IsProven) = (to, false);
                    for (var other = node.Next; other is not null; other = other.Next) other.Value.Block_NeedsLock();
                    return Task.CompletedTask;
                }
                if (line.Path == to && (isReleased || line.Blocked == 0)) return Task.CompletedTask;
                Block_NeedsLock();
                isReleased = false;
                return (released ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }

        /// <summary>Called when the offer was sent: those behind it may follow.</summary>
        public void Sent()
        {
            lock (offers.gate)
            {
                if (!isBlocked || !line.IsProven || line.Path != path) return;
                Unblock_NeedsLock();
                Advance_NeedsLock(line);
            }
        }

        /// <summary>Called when the offer must be sent again.</summary>
        public void Failed()
        {
            lock (offers.gate)
            {
                (isReleased, path) = (false, null);
                line.IsProven = false;
                Block_NeedsLock();
            }
        }

        /// <summary>Ends the offer: its result is known, or it was given up.</summary>
        /// <param name="wasReplied">Whether the node has replied.</param>
        public void End(bool wasReplied)
        {
            lock (offers.gate)
            {
                if (wasReplied && line.Path == path) line.IsProven = true;
                Unblock_NeedsLock();
                line.Turns.Remove(node);
                if (line.Turns.Count == 0) offers.lines.Remove(KeyOf(Target));
                else if (line.Blocked > 0) Advance_NeedsLock(line);
                var numbers = offers.byPipeline[Target.Pipeline];
                numbers.Remove(Number);
                if (numbers.Count == 0) offers.byPipeline.Remove(Target.Pipeline);
            }
        }

        /// <summary>Releases the first offer that waits, when it is first in its line, or follows offers that went to a node that accepts them.</summary>
        static void Advance_NeedsLock(Line line)
        {
            for (var next = line.Turns.First; next is not null; next = next.Next)
            {
                var turn = next.Value;
                if (!turn.isBlocked) continue;
                if (turn.released is null || !turn.IsFirst && !line.IsProven) return;
                turn.isReleased = true;
                turn.released.SetResult();
                turn.released = null;
                return;
            }
        }

        void Block_NeedsLock()
        {
            if (isBlocked) return;
            isBlocked = true;
            line.Blocked++;
        }

        void Unblock_NeedsLock()
        {
            if (!isBlocked) return;
            (isBlocked, isReleased) = (false, false);
            line.Blocked--;
        }
    }

    static (string, string, string) KeyOf(in OfferTarget to) => (to.Pipeline, to.Stage, to.Source);

    /// <summary>Begins an offer. Offers are numbered in the order in which they begin.</summary>
    public Turn Begin(OfferTarget to)
    {
        lock (gate)
        {
            var turn = new Turn(this, to, ++last);
            ref var numbers = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(byPipeline, to.Pipeline, out _);
            (numbers ??= []).Add(turn.Number);
            return turn;
        }
    }

    /// <summary>Returns the lowest number of the offers to a pipeline that have no result yet.</summary>
    public long FirstOf(string pipeline)
    {
        lock (gate) return byPipeline[pipeline].Min;
    }
}
