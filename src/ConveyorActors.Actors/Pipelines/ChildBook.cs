namespace ConveyorActors.Actors.Pipelines;

/// <summary>A supervisor's children by name, and what came for those that are about to leave. Used by the supervisor alone; outlives its restarts.</summary>
sealed class ChildBook
{
    readonly Dictionary<string, IActorRef> byName = new(StringComparer.Ordinal);
    readonly Dictionary<IActorRef, string> names = [];
    readonly Dictionary<IActorRef, List<(object Message, IActorRef Sender)>> leaving = [];

    public IActorRef? Find(string? name) => name is null ? null : byName.GetValueOrDefault(name);

    public IActorRef Add(string name, IActorRef child)
    {
        byName[name] = child;
        names[child] = name;
        return child;
    }

    /// <summary>Notes that a child was asked to leave. Answers false when it is none, or was asked before.</summary>
    public bool BeginLeaving(IActorRef child) => names.ContainsKey(child) && leaving.TryAdd(child, []);

    /// <summary>Keeps a message back while a child is about to leave: for its successor, or for the child if it stays. Answers false when it was not asked to leave.</summary>
    public bool KeepForNext(IActorRef child, object message, IActorRef sender)
    {
        if (leaving.Count == 0 || !leaving.TryGetValue(child, out var kept)) return false;
        kept.Add((message, sender));
        return true;
    }

    /// <summary>Takes out a child that is gone, and answers its name; null when it is none.</summary>
    public string? Remove(IActorRef child)
    {
        if (!names.Remove(child, out var name)) return null;
        byName.Remove(name);
        return name;
    }

    /// <summary>Takes out everybody, with all that was kept back.</summary>
    public IReadOnlyList<(object Message, IActorRef Sender)> Clear()
    {
        var kept = leaving.Values.SelectMany(k => k).ToArray();
        byName.Clear();
        names.Clear();
        leaving.Clear();
        return kept;
    }

    /// <summary>What was kept back for a child that is gone, or stays.</summary>
    public IReadOnlyList<(object Message, IActorRef Sender)> TakeKept(IActorRef child) => leaving.Remove(child, out var kept) ? kept : [];
}
