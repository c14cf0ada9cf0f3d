namespace ConveyorActors.Cluster.Budgets;

/// <summary>
/// Decides how many records of each source with a budget each pipeline may hold. It has no clock, no journal and no
/// actor: the time is a parameter.
/// </summary>
/// <remarks>
/// Not thread-safe. How a budget is never exceeded:
/// <list type="bullet">
/// <item>Each account has a bound: the most records that its pipeline may hold. A grant never makes the bounds of a
/// source, together with the reserves, add up to more than its budget. They exceed it only if the budget is lowered, or
/// if pipelines report records that they held before there was a budget; then nothing is granted until enough room was
/// given back.</item>
/// <item>Every change is taken with <see cref="TakeChanges"/> and written to the journal before a grant that follows
/// from it is sent. A singleton that was replaced cannot write, so it cannot grant.</item>
/// <item>A bound is lowered only by a report of the pipeline's current incarnation, which has stopped using the room
/// and has written that to its own journal before. Records that wait in a dead node's pipeline are in the bound until
/// the pipeline's next incarnation, which has recovered them, reports.</item>
/// <item>An older incarnation may live on behind a partition, and accept records in memory until its grant expires. The
/// room that it could hold and the new one does not is reserved until then.</item>
/// </list>
/// </remarks>
/// <param name="budgets">The budgets by source, in records.</param>
/// <param name="longestUse">
/// The time in milliseconds after which no earlier grant can be used, whichever singleton made it.
/// </param>
sealed class BudgetLedger(IReadOnlyDictionary<string, long> budgets, long longestUse)
{
    readonly Dictionary<BudgetKey, BudgetAccount> accounts = [];
    readonly Dictionary<string, long> charged = new(StringComparer.Ordinal);
    readonly Dictionary<string, SortedList<long, BudgetAccount>> waiting = new(StringComparer.Ordinal);
    readonly HashSet<BudgetAccount> changed = [];
    readonly HashSet<BudgetAccount> unsent = [];
    readonly Dictionary<string, long> targets = new(StringComparer.Ordinal); // as last sent to the pipelines
    long lastTicket;

    /// <summary>Gets the epoch of the singleton; 0: none has been written.</summary>
    public long Epoch { get; private set; }

    /// <summary>Gets the accounts.</summary>
    public IReadOnlyCollection<BudgetAccount> Accounts => accounts.Values;

    /// <summary>Returns the number of records of a source that are granted or reserved.</summary>
    public long GetCharged(string source) => charged.GetValueOrDefault(source);

    /// <summary>Returns how many pipelines wait for more of a source.</summary>
    public int CountWaiting(string source) => waiting.TryGetValue(source, out var queue) ? queue.Count : 0;

    /// <summary>Applies the state that was read from the journal.</summary>
    public void Recover(long epoch, IReadOnlyList<BudgetAccountState> states)
    {
        Epoch = Math.Max(Epoch, epoch);
        foreach (var state in states)
        {
            var account = GetOrAddAccount(state.Key);
            Charge(account, state.Bound, state.Reserve);
            (account.Epoch, account.Version, account.IsClosed) = (state.Epoch, state.Version, state.IsClosed);
            RemoveIfEmpty(account);
        }
    }

    /// <summary>Begins a new singleton's epoch. Every grant of earlier singletons may still be in use.</summary>
    public void Begin(long now)
    {
        Epoch++;
        RecordStart(now);
    }

    /// <summary>
    /// Starts the expiry of earlier grants, because the new singleton's epoch is in its journal and no earlier
    /// singleton can grant any more.
    /// </summary>
    public void RecordStart(long now)
    {
        foreach (var account in accounts.Values)
            (account.ReservedUntil, account.UsableUntil, account.ReportedAt) = (
                now + longestUse,
                now + longestUse,
                now
            );
    }

    /// <summary>
    /// Applies a pipeline's report of the room that it needs and has given back. Returns false if the report is
    /// outdated; it then changes nothing.
    /// </summary>
    public bool Report(in BudgetNeed need, long now)
    {
        if (!budgets.ContainsKey(need.Key.Source))
            return false;
        var account = GetOrAddAccount(need.Key);
        if (
            need.Epoch < account.Epoch
            || need.Epoch == account.Epoch && (need.Version < account.Version || account.IsClosed && !need.IsClosed)
        )
            return false;
        if (need.Epoch > account.Epoch)
            Replace(account, need, now);
        else if (need.Version > account.Version || need.IsClosed && !account.IsClosed)
        {
            Charge(account, Math.Min(account.Bound, need.Bound), account.Reserve);
            (account.Version, account.IsClosed) = (need.Version, need.IsClosed);
            changed.Add(account);
        }
        account.ReportedAt = now;
        // A grant that the report does not include yet counts as given.
        account.Wanted = need.IsClosed ? 0 : Math.Max(0, need.Bound + need.Wanted - account.Bound);
        UpdateQueue(account);
        if (!need.IsClosed)
            unsent.Add(account);
        Serve(need.Key.Source);
        RemoveIfEmpty(account);
        return true;
    }

    /// <summary>
    /// Moves an account to the pipeline's new incarnation, with the records that the new one holds. The rest of what
    /// the previous one could hold is reserved until the previous one can no longer use it.
    /// </summary>
    void Replace(BudgetAccount account, in BudgetNeed need, long now)
    {
        var rest = account.IsClosed || account.UsableUntil <= now ? 0 : Math.Max(0, account.Bound - need.Bound);
        var reserve = account.ReservedUntil <= now ? rest : account.Reserve + rest;
        account.ReservedUntil = Math.Max(account.ReservedUntil, account.UsableUntil);
        Charge(account, need.Bound, reserve);
        (account.Epoch, account.Version, account.IsClosed) = (need.Epoch, need.Version, need.IsClosed);
        changed.Add(account);
    }

    /// <summary>Releases reserves whose time is over.</summary>
    public void Expire(long now)
    {
        foreach (var account in accounts.Values.Where(a => a.Reserve > 0 && a.ReservedUntil <= now).ToArray())
        {
            Charge(account, account.Bound, 0);
            changed.Add(account);
            Serve(account.Key.Source);
            RemoveIfEmpty(account);
        }
    }

    /// <summary>
    /// Returns the pipelines that have not reported since a given time, though they may hold records or room. Each is
    /// returned again only after the same time.
    /// </summary>
    public IReadOnlyList<BudgetKey> TakeSilent(long since, long now)
    {
        var silent = accounts
            .Values.Where(a => a.ReportedAt <= since && a.Bound > 0 && budgets.ContainsKey(a.Key.Source))
            .ToArray();
        foreach (var account in silent)
            account.ReportedAt = now;
        return [.. silent.Select(a => a.Key)];
    }

    /// <summary>Gets whether there are changes that are not in the journal.</summary>
    public bool HasChanges => changed.Count > 0;

    /// <summary>Gets whether a grant must be sent to a pipeline.</summary>
    public bool HasUnsent => unsent.Count > 0;

    /// <summary>Takes the accounts that have changed since the last call, for the journal.</summary>
    public IReadOnlyList<BudgetAccountState> TakeChanges()
    {
        BudgetAccountState[] taken = [.. changed.Select(a => a.State)];
        changed.Clear();
        return taken;
    }

    /// <summary>
    /// Takes the accounts whose grants must be sent to their pipelines. Called when the changes are written.
    /// </summary>
    public IReadOnlyList<BudgetAccount> TakeUnsent()
    {
        BudgetAccount[] taken = [.. unsent];
        unsent.Clear();
        return taken;
    }

    /// <summary>Returns the state of all accounts, for a snapshot.</summary>
    public IReadOnlyList<BudgetAccountState> GetAllStates() => [.. accounts.Values.Select(a => a.State)];

    /// <summary>Returns an account's grant, and records until when the grant can be used.</summary>
    public BudgetGrant CreateGrant(BudgetAccount account, long usableUntil)
    {
        account.UsableUntil = Math.Max(account.UsableUntil, usableUntil);
        var (source, budget) = (account.Key.Source, budgets[account.Key.Source]);
        return new(
            account.Key,
            account.Epoch,
            account.Version,
            account.Bound,
            targets.GetValueOrDefault(source, long.MaxValue),
            Math.Max(0, budget - GetCharged(source)),
            budget,
            account.Ticket != 0
        );
    }

    /// <summary>
    /// Returns the bound that each pipeline must come down to: an equal share, while a pipeline with less than its
    /// share waits, or while more is granted than the budget has. If there is less than one record for each, the
    /// pipelines give everything back in turn.
    /// </summary>
    long GetTarget(string source) =>
        GetCharged(source) > budgets[source] || FindFirstBelowShare(source) is not null
            ? GetShare(source)
            : long.MaxValue;

    long GetShare(string source) =>
        budgets[source]
        / Math.Max(
            1,
            accounts.Values.Count(a => a.Key.Source == source && !a.IsClosed && (a.Bound > 0 || a.Ticket != 0))
        );

    BudgetAccount? FindFirstBelowShare(string source)
    {
        if (!waiting.TryGetValue(source, out var queue) || queue.Count == 0)
            return null;
        var share = Math.Max(1, GetShare(source));
        return queue.Values.FirstOrDefault(a => a.Bound < share);
    }

    /// <summary>
    /// Grants the free room: first to pipelines with less than their share, in the order of their requests; then to the
    /// others.
    /// </summary>
    void Serve(string source)
    {
        if (!waiting.TryGetValue(source, out var queue))
            return;
        for (
            var free = budgets[source] - GetCharged(source);
            free > 0 && queue.Count > 0;
            free = budgets[source] - GetCharged(source)
        )
        {
            var poor = FindFirstBelowShare(source);
            var next = poor ?? queue.Values[0];
            var most =
                poor is null || queue.Count == 1
                    ? next.Wanted
                    : Math.Min(next.Wanted, Math.Max(1, GetShare(source) - next.Bound));
            var given = Math.Min(most, free);
            queue.Remove(next.Ticket);
            next.Ticket = 0;
            Charge(next, next.Bound + given, next.Reserve);
            next.Wanted -= given;
            UpdateQueue(next); // goes to the end of the queue
            changed.Add(next);
            unsent.Add(next);
        }
        var target = GetTarget(source);
        if (targets.TryGetValue(source, out var before) && before == target)
            return;
        targets[source] = target;
        foreach (var account in accounts.Values)
            if (account.Key.Source == source && !account.IsClosed)
                unsent.Add(account);
    }

    void UpdateQueue(BudgetAccount account)
    {
        var queue = waiting.TryGetValue(account.Key.Source, out var known) ? known : waiting[account.Key.Source] = [];
        if (account.Wanted > 0 && account.Ticket == 0)
            queue.Add(account.Ticket = ++lastTicket, account);
        else if (account.Wanted == 0 && account.Ticket != 0)
        {
            queue.Remove(account.Ticket);
            account.Ticket = 0;
            unsent.Add(account);
        }
    }

    void Charge(BudgetAccount account, long bound, long reserve)
    {
        charged[account.Key.Source] = GetCharged(account.Key.Source) - account.Charged + bound + reserve;
        (account.Bound, account.Reserve) = (bound, reserve);
    }

    BudgetAccount GetOrAddAccount(BudgetKey key) =>
        accounts.TryGetValue(key, out var known) ? known : accounts[key] = new(key);

    // Accounts that hold nothing and want nothing are removed; a later report creates them again.
    void RemoveIfEmpty(BudgetAccount account)
    {
        if (account is { Charged: 0, Ticket: 0 })
            accounts.Remove(account.Key);
    }
}
