namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// A supervisor's children by name, with the messages that each was sent and has not read yet. Used by the supervisor
/// alone; outlives it, so that the unread messages of a stopped actor go to its successor.
/// </summary>
sealed class ChildRegistry
{
    readonly Dictionary<string, Entry> byName = new(StringComparer.Ordinal);
    readonly Dictionary<IActorRef, Entry> byActor = [];

    sealed class Entry(string name)
    {
        public string Name { get; } = name;

        /// <summary>
        /// Gets or sets the child's actor; null: it has ended, and its unread messages wait for its successor.
        /// </summary>
        public IActorRef? Actor { get; set; }

        public bool IsLeaving { get; set; }

        public Queue<Delivery> Sent { get; } = [];

        public void Trim()
        {
            while (Sent.TryPeek(out var first) && first.IsTaken)
                Sent.Dequeue();
        }

        public void SendAll()
        {
            Trim();
            foreach (var delivery in Sent)
                Actor!.Tell(delivery, delivery.Sender);
        }
    }

    public bool IsEmpty => byName.Count == 0;

    public IActorRef? Find(string? name) => name is null ? null : byName.GetValueOrDefault(name)?.Actor;

    /// <summary>Registers a child, and sends it the unread messages of its predecessor.</summary>
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
    /// Sends a message to a child. If the child was asked to stop, the message waits until the child stays, or its
    /// successor is created.
    /// </summary>
    public void Send(string name, object message, IActorRef sender)
    {
        var entry = byName[name];
        entry.Trim();
        Delivery delivery = new(message, sender);
        entry.Sent.Enqueue(delivery);
        if (!entry.IsLeaving)
            entry.Actor!.Tell(delivery, sender);
    }

    /// <summary>Marks a child as asked to stop. Returns false if the actor is no child, or was asked before.</summary>
    public bool BeginLeaving(IActorRef child) =>
        byActor.TryGetValue(child, out var entry) && !entry.IsLeaving && (entry.IsLeaving = true);

    /// <summary>Marks a child as staying, and sends it the messages that came meanwhile.</summary>
    public void Keep(IActorRef child)
    {
        if (!byActor.TryGetValue(child, out var entry) || !entry.IsLeaving)
            return;
        entry.IsLeaving = false;
        entry.SendAll();
    }

    /// <summary>Removes a child that has ended.</summary>
    /// <returns>
    /// The child's name (null: no such child), the number of its unread messages, and whether it ended because it was
    /// asked to.
    /// </returns>
    public (string? Name, int Unread, bool WasLeaving) Remove(IActorRef child)
    {
        if (!byActor.Remove(child, out var entry))
            return default;
        entry.Actor = null;
        entry.Trim();
        var unread = entry.Sent.Count(d => !d.IsTaken);
        if (unread == 0)
            byName.Remove(entry.Name);
        return (entry.Name, unread, entry.IsLeaving);
    }

    /// <summary>Removes all children, which ended with their supervisor.</summary>
    public void RemoveAll()
    {
        foreach (var child in byActor.Keys.ToArray())
            Remove(child);
    }

    /// <summary>Gets the names of ended children with unread messages.</summary>
    public IReadOnlyList<string> Orphans => [.. byName.Values.Where(e => e.Actor is null).Select(e => e.Name)];

    /// <summary>Takes the unread messages of an ended child that will have no successor.</summary>
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

    /// <summary>Takes the unread messages of all ended children.</summary>
    public IReadOnlyList<(object Message, IActorRef Sender)> TakeAllUnread() => [.. Orphans.SelectMany(TakeUnread)];
}
