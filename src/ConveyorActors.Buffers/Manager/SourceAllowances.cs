using System.Collections.Frozen;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Manager;

/// <summary>The room that budgets over a cluster grant to sources of this manager.</summary>
sealed class SourceAllowances<T>(ManagerParts<T> parts)
{
    readonly Lock structure = parts.Structure;
    readonly BufferManagerOptions<T> options = parts.Options;
    readonly EngineClock clock = parts.Clock;
    bool hasGivenUp; // under structure

    /// <summary>Lets the allowances know what room there is.</summary>
    public void Bind()
    {
        foreach (var (_, allowance) in options.Allowances ?? FrozenDictionary<string, SourceAllowance>.Empty)
            allowance.Room = () => RoomUnderAllowance(allowance);
    }

    /// <summary>
    /// Gives up all room that is not taken, for good: the manager has stopped. Returns what is held of each source with
    /// an allowance.
    /// </summary>
    public Dictionary<string, long> GiveUpAllowances(IReadOnlyDictionary<string, SourceAllowance> allowances)
    {
        lock (structure)
            hasGivenUp = true;
        var held = allowances.Keys.ToDictionary(s => s, s => LowerAllowance(s, 0).Granted, StringComparer.Ordinal);
        foreach (var allowance in allowances.Values)
            allowance.Replied(); // offers that wait for a reply are refused: the manager has stopped
        return held;
    }

    /// <summary>
    /// Sets what a budget grants of a source. Those who wait for room go on if there is more than before.
    /// </summary>
    /// <param name="source">A source with an allowance.</param>
    /// <param name="terms">
    /// The terms; they must not grant less than what is held of the source, see <see cref="LowerAllowance"/>.
    /// </param>
    /// <param name="isExhausted">Whether the budget has no more to grant now.</param>
    /// <param name="askBelow">More is asked for when less room than this is left.</param>
    /// <param name="usableUntil">Until when new records are admitted, as a timestamp of the allowance's clock.</param>
    public void Allow(
        string source,
        in AllowanceTerms terms,
        bool isExhausted,
        long askBelow,
        long usableUntil = long.MaxValue
    )
    {
        var allowance = options.Allowances![source];
        SourceState? state;
        lock (structure)
        {
            if (hasGivenUp)
                return; // what the manager holds was reported, and it must not hold more
            var isLess = terms.Admitted < allowance.Terms.Admitted || terms.Granted < allowance.Terms.Granted;
            var frozen = isLess ? parts.Stages.Freeze() : [];
            allowance.Set(terms, isExhausted, askBelow, usableUntil);
            if (parts.Sources.All.TryGetValue(source, out state))
                state.ApplyAllowance();
            StageRegistry<T>.Thaw(frozen);
        }
        if (state is not null)
        {
            state.Pool.RefreshZone(clock.NowMs);
            state.UpdateSignal();
        }
        parts.Room.Pump();
        if (!parts.Backlog.Pending.IsEmpty)
            parts.Backlog.LoadSoon();
        allowance.Replied();
    }

    /// <summary>
    /// Admits new records of a source only up to a number from now on, and gives up all room that is not taken and
    /// above it.
    /// </summary>
    /// <returns>
    /// The terms in force: what is granted is the number, or what is held if that is more. The rest is free for others
    /// once the changes told to the store are written.
    /// </returns>
    public AllowanceTerms LowerAllowance(string source, long admitted)
    {
        var allowance = options.Allowances![source];
        lock (structure)
        {
            var frozen = parts.Stages.Freeze();
            try
            {
                var before = allowance.Terms;
                var held = HeldOf(source);
                var terms = before with
                {
                    Granted = Math.Min(before.Granted, Math.Max(held, admitted)),
                    Admitted = Math.Min(before.Admitted, admitted),
                };
                allowance.Set(terms, allowance.IsExhausted, allowance.AskBelow, allowance.UsableUntil);
                if (parts.Sources.All.TryGetValue(source, out var state))
                    state.ApplyAllowance();
                return terms;
            }
            finally
            {
                StageRegistry<T>.Thaw(frozen);
            }
        }
    }

    /// <summary>
    /// Returns the records of a source that count against its budget: room taken, or reserved for results of hops, and
    /// what is still only in the store.
    /// </summary>
    public long HeldOf(string source) =>
        parts.Sources.All.TryGetValue(source, out var state) ? state.Pool.Used + state.Pool.Reserved + state.Stored : 0;

    /// <summary>
    /// Returns whether room of the source is waited for: by an offer, a request for credits or results of a hop, or by
    /// a refused source that is to be woken once there is room.
    /// </summary>
    public bool IsRoomWaitedFor(string source) =>
        parts.Sources.All.TryGetValue(source, out var state)
        && (state.Waiting > 0 || state.Pool.Reserved > 0 || parts.Refusals.Has(state));

    /// <summary>
    /// Room for new records of a source under its allowance; the largest number if the manager's own limit of the
    /// source is the lower one.
    /// </summary>
    long RoomUnderAllowance(SourceAllowance allowance)
    {
        if (parts.State != ManagerState.Running)
            return long.MaxValue; // the offer is refused for that
        if (parts.Sources.All.TryGetValue(allowance.Source, out var state))
            return state.Pool.IsGrantBinding ? state.Pool.Available : long.MaxValue;
        var admitted = allowance.Terms.Admitted;
        return admitted >= parts.Settings.MaxPerSource ? long.MaxValue : admitted;
    }

    /// <summary>
    /// The allowance whose budget must reply before an offer that does not wait for room is made; null: none.
    /// </summary>
    public SourceAllowance? MustAsk(string source, int records, CreditGrant? credits)
    {
        if (
            options.Allowances is not { } all
            || credits is not null
            || source is null
            || !all.TryGetValue(source, out var allowance)
            || parts.State != ManagerState.Running
        )
            return null;
        return allowance.Offers.IsInUse || allowance.MustAsk(RoomUnderAllowance(allowance), records) ? allowance : null;
    }
}
