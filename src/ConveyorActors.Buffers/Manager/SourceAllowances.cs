using System.Collections.Frozen;
using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;

namespace ConveyorActors.Buffers.Manager;

/// <summary>Applies the room that budgets over a cluster grant to sources of this manager.</summary>
sealed class SourceAllowances<T>(ManagerParts<T> parts)
{
    readonly Lock structure = parts.Structure;
    readonly BufferManagerOptions<T> options = parts.Options;
    readonly EngineClock clock = parts.Clock;
    bool hasGivenUp; // under structure

    /// <summary>Connects the allowances to the manager, so that they can read the room for new records.</summary>
    public void Bind()
    {
        foreach (var (_, allowance) in options.Allowances ?? FrozenDictionary<string, SourceAllowance>.Empty)
            allowance.Room = () => GetRoomUnderAllowance(allowance);
    }

    /// <summary>
    /// Permanently releases all unused room, because the manager has stopped. Returns the number of records
    /// held of each source with an allowance.
    /// </summary>
    public Dictionary<string, long> GiveUpAllowances(IReadOnlyDictionary<string, SourceAllowance> allowances)
    {
        lock (structure)
            hasGivenUp = true;
        var held = allowances.Keys.ToDictionary(s => s, s => LowerAllowance(s, 0).Granted, StringComparer.Ordinal);
        foreach (var allowance in allowances.Values)
            allowance.RecordReply(); // offers that wait for a reply are now refused, because the manager has stopped
        return held;
    }

    /// <summary>
    /// Sets the terms of a source's grant. Waiters for room continue if there is more room than before.
    /// </summary>
    /// <param name="source">A source with an allowance.</param>
    /// <param name="terms">
    /// The terms; they must not grant less than the records held of the source, see <see cref="LowerAllowance"/>.
    /// </param>
    /// <param name="isExhausted">Whether the budget has no more to grant now.</param>
    /// <param name="requestBelow">The room, in records, below which more is requested.</param>
    /// <param name="usableUntil">
    /// The time until which new records are admitted, as a timestamp of the allowance's clock.
    /// </param>
    public void Allow(
        string source,
        in AllowanceTerms terms,
        bool isExhausted,
        long requestBelow,
        long usableUntil = long.MaxValue
    )
    {
        var allowance = options.Allowances![source];
        SourceState? state;
        lock (structure)
        {
            if (hasGivenUp)
                return; // the records held were reported, and there must not be more of them
            var isLess = terms.Admitted < allowance.Terms.Admitted || terms.Granted < allowance.Terms.Granted;
            var frozen = isLess ? parts.Stages.Freeze() : [];
            allowance.Set(terms, isExhausted, requestBelow, usableUntil);
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
        allowance.RecordReply();
    }

    /// <summary>
    /// Admits new records of a source only up to a number from now on, and releases the unused room above that number.
    /// </summary>
    /// <returns>
    /// The terms in force: granted is the number, or the records held if there are more. The rest is free for other
    /// pipelines once the changes passed to the store are written.
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
                var held = CountHeld(source);
                var terms = before with
                {
                    Granted = Math.Min(before.Granted, Math.Max(held, admitted)),
                    Admitted = Math.Min(before.Admitted, admitted),
                };
                allowance.Set(terms, allowance.IsExhausted, allowance.RequestBelow, allowance.UsableUntil);
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
    /// Returns the number of records of a source that count against its budget: room taken, room reserved for results
    /// of hops, and records that are still only in the store.
    /// </summary>
    public long CountHeld(string source) =>
        parts.Sources.All.TryGetValue(source, out var state) ? state.Pool.Used + state.Pool.Reserved + state.Stored : 0;

    /// <summary>
    /// Returns whether an offer, a request for credits, results of a hop or a refused source waits for room of the
    /// source.
    /// </summary>
    public bool IsRoomWaitedFor(string source) =>
        parts.Sources.All.TryGetValue(source, out var state)
        && (state.Waiting > 0 || state.Pool.Reserved > 0 || parts.Refusals.Has(state));

    /// <summary>
    /// Returns the room for new records of a source under its allowance; the largest number if the manager's own limit
    /// of the source is lower than the allowance.
    /// </summary>
    long GetRoomUnderAllowance(SourceAllowance allowance)
    {
        if (parts.State != ManagerState.Running)
            return long.MaxValue; // the offer is refused because of the state
        if (parts.Sources.All.TryGetValue(allowance.Source, out var state))
            return state.Pool.IsGrantBinding ? state.Pool.Available : long.MaxValue;
        var admitted = allowance.Terms.Admitted;
        return admitted >= parts.Settings.MaxPerSource ? long.MaxValue : admitted;
    }

    /// <summary>
    /// Returns the allowance whose budget must reply before an offer that does not wait for room is made; null: none.
    /// </summary>
    public SourceAllowance? FindExhausted(string source, int records, CreditGrant? credits)
    {
        if (
            options.Allowances is not { } all
            || credits is not null
            || source is null
            || !all.TryGetValue(source, out var allowance)
            || parts.State != ManagerState.Running
        )
            return null;
        return allowance.Offers.IsInUse || allowance.NeedsMore(GetRoomUnderAllowance(allowance), records)
            ? allowance
            : null;
    }
}
