namespace ConveyorActors.Actors.Observing;

/// <summary>Names for the tag <c>system</c> of the meter: an actor system's own name, with a number where another one in this process has that name.</summary>
static class MeterNames
{
    static readonly Lock Gate = new();
    static readonly HashSet<string> Taken = new(StringComparer.Ordinal);

    /// <summary>Takes a name until the system has terminated.</summary>
    public static string Take(ActorSystem system)
    {
        var name = system.Name;
        lock (Gate)
        {
            for (var next = 2; !Taken.Add(name); next++) name = FormattableString.Invariant($"{system.Name}#{next}");
        }
        _ = system.WhenTerminated.ContinueWith(
            _ => { lock (Gate) Taken.Remove(name); }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return name;
    }
}
