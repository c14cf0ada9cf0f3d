namespace ConveyorActors.Testing.Faults;

/// <summary>Counts the faults, and remembers the most recent ones.</summary>
sealed class FaultLog
{
    /// <summary>The most faults that are remembered.</summary>
    public const int Capacity = 1_000;

    readonly Lock gate = new();
    readonly Queue<InjectedFault> last = new();
    readonly long[] counts = new long[Enum.GetValues<FaultKind>().Length];

    /// <summary>Adds a fault, and returns it.</summary>
    public InjectedFault Add(FaultKind kind, FaultPoint point, long number)
    {
        var fault = new InjectedFault(kind, point.Call, point.Pipeline, point.Place, number);
        lock (gate)
        {
            counts[(int)kind]++;
            last.Enqueue(fault);
            if (last.Count > Capacity)
                last.Dequeue();
        }
        return fault;
    }

    /// <summary>Returns the most recent faults, oldest first.</summary>
    public InjectedFault[] ToArray()
    {
        lock (gate)
            return [.. last];
    }

    /// <summary>Returns the number of faults of a kind.</summary>
    public long GetCount(FaultKind kind)
    {
        lock (gate)
            return counts[(int)kind];
    }
}
