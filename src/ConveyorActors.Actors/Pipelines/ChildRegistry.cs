namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// A supervisor's children by name, and what each was sent and has not read yet. Used by the supervisor alone; outlives
/// it, so that whatever actor is stopped, its successor gets what it had not read.
/// </summary>
sealed class ChildRegistry
{
    readonly Dictionary<string, Entry> byName = new(StringComparer.Ordinal);
    readonly Dictionary<IActorRef, Entry> byActor = [];

    sealed class Entry(string name)
    {
        public string Name { get; } = name;

        /// <summary>Null: the actor is gone, and what it had not read waits for its successor.</summary>
        public IActorRef? Actor { get; set; }

        public bool IsLeaving { get; set; }

        public Queue<Delivery> Sent { get; } = [];

        public void Tidy()
        {
            while (Sent.TryPeek(out var first) && first.IsTaken)
                Sent.Dequeue();
        }

        public void SendAll()
        {
            Tidy();
            foreach (var delivery in Sent)
                Actor!.Tell(delivery, delivery.Sender);
        }
    }

    public bool IsEmpty => byName.Count == 0;

    public IActorRef? Find(string? name) => name is null ? null : byName.GetValueOrDefault(name)?.Actor;

    /// <summary>Notes a child, and sends it what its predecessor has not read.</summary>
    public void Add(string name, IActorRef child)
    {
        if (!byName.TryGetValue(name, out var entry))
            byName[name] = entry = new(name);
        byActor[child] = entry;
        entry.Actor = child;
        entry.IsLeaving = false;
        entry.SendAll();
    }

    /// <summary>
    /// Sends a message to a child that is there; to one that was asked to leave when it stays, or to its successor.
    /// </summary>
    public void Send(string name, object message, IActorRef sender)
    {
        var entry = byName[name];
        entry.Tidy();
        Delivery delivery = new(message, sender);
        entry.Sent.Enqueue(delivery);
        if (!entry.IsLeaving)
            entry.Actor!.Tell(delivery, sender);
    }

    /// <summary>Notes that a child was asked to leave. Returns false when it is none, or was asked before.</summary>
    public bool BeginLeaving(IActorRef child) =>
        byActor.TryGetValue(child, out var entry) && !entry.IsLeaving && (entry.IsLeaving = true);

    /// <summary>The child stays after all: it gets what came meanwhile.</summary>
    public void Stay(IActorRef child)
    {
        if (!byActor.TryGetValue(child, out var entry) || !entry.IsLeaving)
            return;
        entry.IsLeaving = false;
        entry.SendAll();
    }

    /// <summary>Takes out a child that is gone.</summary>
    /// <returns>
    /// Its name (null when it is none), how much it had not read, and whether it left because it was asked to.
    /// </returns>
    public (string? Name, int Unread, bool WasAsked) Remove(IActorRef child)
    {
        if (!byActor.Remove(child, out var entry))
            return default;
        entry.Actor = null;
        entry.Tidy();
        var unread = entry.Sent.Count(d => !d.IsTaken);
        if (unread == 0)
            byName.Remove(entry.Name);
        return (entry.Name, unread, entry.IsLeaving);
    }

    /// <summary>All children are gone, with their supervisor.</summary>
    public void RemoveAll()
    {
        foreach (var child in byActor.Keys.ToArray())
            Remove(child);
    }

    /// <summary>The names whose actor is gone and has left something unread.</summary>
    public IReadOnlyList<string> Orphans => [.. byName.Values.Where(e => e.Actor is null).Select(e => e.Name)];

    /// <summary>Takes out what an actor that is gone has not read: there will be no successor.</summary>
    public IReadOnlyList<(object Message, IActorRef Sender)> TakeUnread(string name)
    {
        var unread = new List<(object, IActorRef)>();
        if (!byName.TryGetValue(name, out var entry))
            return unread;
        foreach (var delivery in entry.Sent)
            if (delivery.TryTake(out var message))
                unread.Add((message, delivery.Sender));
        entry.Sent.Clear();
        if (entry.Actor is null)
            byName.Remove(name);
        return unread;
    }

    /// <summary>The same for all that are gone.</summary>
    public IReadOnlyList<(object Message, IActorRef Sender)> TakeAllUnread() => [.. Orphans.SelectMany(TakeUnread)];
}
