namespace ConveyorActors.Http.Records;

/// <summary>
/// The numbers of the lines or items that contain the records of a batch, in order. They mostly follow each other:
/// only blank lines contain no record.
/// </summary>
/// <remarks>Not safe for use by many threads.</remarks>
sealed class ItemNumbers
{
    // The records whose number does not follow that of the record before.
    readonly List<(int Index, long Number)> jumps = [];
    long last;

    public int Count { get; private set; }

    public long this[int index]
    {
        get
        {
            var (begin, number) = jumps.FindLast(jump => jump.Index <= index);
            return number + (index - begin);
        }
    }

    public void Add(long number)
    {
        if (Count == 0 || number != last + 1)
            jumps.Add((Count, number));
        last = number;
        Count++;
    }

    public void Clear()
    {
        jumps.Clear();
        Count = 0;
    }
}
