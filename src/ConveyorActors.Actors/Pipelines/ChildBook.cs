namespace ConveyorActors.Actors.Pipelines;

/// <summary>A supervisor's children by name, and what came for those that are about to stop. Used by the supervisor alone; outlives its restarts.</summary>
sealed class ChildBook
{
    readonly Dictionary<string, IActorRef> byName = new(StringComparer.Ordinal);
    readonly Dictionary<IActorRef, string> names = [];
    readonly Dictionary<IActorRef, List<(object Message, IActorRef Sender)>> leaving = [];

    public IReadOnlyCollection<string> Names => byName.Keys;

    public IActorRef? Find(string name) => byName.GetValueOrDefault(name);

    public IActorRef Add(string name, IActorRef child)
    {
        byName[name] = child;
        names[child] = name;
        return child;
    }

    /// <summary>Notes that a child was told to stop. Answers false when it is none, or was told before.</summary>
    public bool BeginLeaving(IActorRef child) => names.ContainsKey(child) && leaving.TryAdd(child, []);

    /// <summary>Keeps a message for the successor of a child that is about to stop. Answers false when the child stays.</summary>
    public bool KeepForNext(IActorRef child, object message, IActorRef sender)
    {
        if (leaving.Count == 0 || !leaving.TryGetValue(child, out var kept)) return false;
        kept.Add((message, sender));
        return true;
    }

    /// <summary>Takes out a child that is gone; null when it is none.</summary>
    public (string Name, bool WasLeaving)? Remove(IActorRef child)
    {
        if (!names.Remove(child, out var name)) return null;
        byName.Remove(name);
        return (name, leaving.ContainsKey(child));
    }

    /// <summary>What was kept for the successor of a child that is gone.</summary>
    public IReadOnlyList<(object Message, IActorRef Sender)> TakeKept(IActorRef child) => leaving.Remove(child, out var kept) ? kept : [];
}
