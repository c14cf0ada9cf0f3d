using ConveyorActors.Buffers.Admission;
using ConveyorActors.Buffers.Flow;
using ConveyorActors.Buffers.Manager;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

public sealed partial class BufferManager<T>
{
    bool hasGivenUp; // under structure

    /// <summary>Gets what was taken back from the store of each source with an allowance, before any of it was settled.</summary>
    internal Dictionary<string, long> RestoredBySource { get; } = new(StringComparer.Ordinal);

    /// <summary>Gives up all room that is not taken, for good: the manager has stopped. Returns what is held of each source with an allowance.</summary>
    Dictionary<string, long> GiveUpAllowances(IReadOnlyDictionary<string, SourceAllowance> allowances)
    {
        lock (structure) hasGivenUp = true;
        var held = allowances.Keys.ToDictionary(s => s, s => LowerAllowance(s, 0).Granted, StringComparer.Ordinal);
        foreach (var allowance in allowances.Values) allowance.Replied(); // those who wait for a reply are refused: the manager has stopped
        return held;
    }

    /// <summary>Sets what a budget grants of a source. Those who wait for room go on if there is more than before.</summary>
    /// <param name="source">A source with an allowance.</param>
    /// <param name="terms">The terms; they must not grant less than what is held of the source, see <see cref="LowerAllowance"/>.</param>
    /// <param name="isExhausted">Whether the budget has no more to grant now.</param>
    /// <param name="askBelow">More is asked for when less room than this is left.</param>
    /// <param name="usableUntil">Until when new records are admitted, as a timestamp of the allowance's clock.</param>
    internal void Allow(string source, in AllowanceTerms terms, bool isExhausted, long askBelow, long usableUntil = long.MaxValue)
    {
        var allowance = options.Allowances![source];
        SourceState? state;
        lock (structure)
        {
            if (hasGivenUp) return; // it has told how much it holds, and must not hold more
            var isLess = terms.Admitted < allowance.Terms.Admitted || terms.Granted < allowance.Terms.Granted;
            var frozen = isLess ? Freeze() : [];
            allowance.Set(terms, isExhausted, askBelow, usableUntil);
            if (sources.TryGetValue(source, out state)) state.ApplyAllowance();
            Thaw(frozen);
        }
        if (state is not null)
        {
            state.Pool.RefreshZone(clock.NowMs);
            state.Evaluate();
        }
        Pump();
        if (!backlogs.IsEmpty) LoadSoon();
        allowance.Replied();
    }

    /// <summary>Admits new records of a source only up to a number from now on, and gives up all room that is not taken and above it.</summary>
    /// <returns>The terms in force: what is granted is the number, or what is held if that is more. The rest is free for others once the changes told to the store are written.</returns>
    internal AllowanceTerms LowerAllowance(string source, long admitted)
    {
        var allowance = options.Allowances![source];
        lock (structure)
        {
            var frozen = Freeze();
            try
            {
                var before = allowance.Terms;
                var held = HeldOf(source);
                var terms = before with { Granted = Math.Min(before.Granted, Math.Max(held, admitted)), Admitted = Math.Min(before.Admitted, admitted) };
                allowance.Set(terms, allowance.IsExhausted, allowance.AskBelow, allowance.UsableUntil);
                if (sources.TryGetValue(source, out var state)) state.ApplyAllowance();
                return terms;
            }
            finally { Thaw(frozen); }
        }
    }

    /// <summary>Returns the records of a source that count against its budget: room taken or owed to results of hops, and what is still only in the store.</summary>
    internal long HeldOf(string source) => sources.TryGetValue(source, out var state) ? state.Pool.Used + state.Pool.Owed + state.Stored : 0;

    /// <summary>
    /// Returns whether room of the source is waited for: by an offer, a request for credits or results of a hop, or by a refused source that is to be woken once there is room.
    /// </summary>
    internal bool IsRoomWaitedFor(string source) => sources.TryGetValue(source, out var state) && (state.Waiting > 0 || state.Pool.Owed > 0 || refusals.Has(state));

    /// <summary>Room for new records of a source under its allowance; the largest number if the manager's own limit of the source is the lower one.</summary>
    long RoomUnderAllowance(SourceAllowance allowance)
    {
        if (State != ManagerState.Running) return long.MaxValue; // the offer is refused for that
        if (sources.TryGetValue(allowance.Source, out var state)) return state.Pool.IsGrantBinding ? state.Pool.Available : long.MaxValue;
        var admitted = allowance.Terms.Admitted;
        return admitted >= settings.MaxPerSource ? long.MaxValue : admitted;
    }

    /// <summary>The allowance whose budget must reply before an offer that does not wait for room is made; null: none.</summary>
    SourceAllowance? MustAsk(string source, int records, CreditGrant? credits)
    {
        if (options.Allowances is not { } all || credits is not null || source is null || !all.TryGetValue(source, out var allowance) || State != ManagerState.Running) return null;
        return allowance.Offers.IsInUse || allowance.MustAsk(RoomUnderAllowance(allowance), records) ? allowance : null;
    }

    /// <summary>Names the budget as what stopped an offer, where it is not the manager's own limit of the source.</summary>
    static OfferStatus Named(OfferStatus stopper, SourceState source) =>
        stopper == OfferStatus.SourceFull && (source is { Allowance: not null, Pool: { IsGrantBinding: true, Available: 0 } } || source.Allowance is { IsUsable: false })
            ? OfferStatus.BudgetFull : stopper;

    /// <summary>The budget as a reason why a source is held; null: it does not hold it.</summary>
    HoldReason? ReasonOfBudget(SourceState source, long now)
    {
        if (source.Allowance?.Terms is not { IsKnown: true } terms) return null;
        var isFull = source.Allowance.IsExhausted && source.Pool is { IsGrantBinding: true, Available: 0 };
        if (!isFull && (source.Pool.Zones.Records == source.Pool.Limits.Records || source.Pool.Zone == 0)) return null;
        var since = source.Pool.AboveLowSince is >= 0 and var from ? TimeSpan.FromMilliseconds(Math.Max(0, now - from)) : TimeSpan.Zero;
        return new($"budget of source {source.Id} over the cluster", terms.Budget - terms.Free, terms.Budget, isFull ? 1 : source.Pool.Fill, since, null, null);
    }
}
