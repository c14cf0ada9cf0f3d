namespace ConveyorActors.Persistence.Format;

/// <summary>
/// Names of stages and sources that occur often in the same bytes: written in full the first time, and by number after
/// that.
/// </summary>
sealed class NameWriter
{
    readonly Dictionary<string, int> known = new(StringComparer.Ordinal);
    readonly List<string> names = [];

    public int Count => names.Count;

    public void Write(ByteWriter to, string name)
    {
        if (known.TryGetValue(name, out var number))
        {
            to.WriteNumber(number);
            return;
        }
        to.WriteNumber(names.Count);
        to.WriteText(name);
        known.Add(name, names.Count);
        names.Add(name);
    }

    /// <summary>Removes all names except the first ones.</summary>
    public void Truncate(int count)
    {
        for (var i = names.Count - 1; i >= count; i--)
            known.Remove(names[i]);
        names.RemoveRange(count, names.Count - count);
    }
}

/// <summary>Reads names that a <see cref="NameWriter"/> wrote.</summary>
/// <param name="pipeline">The pipeline of the bytes; they do not contain its name.</param>
sealed class NameReader(string pipeline)
{
    readonly List<string> names = [];

    public string Pipeline { get; } = pipeline;

    public string Read(ref ByteReader from)
    {
        var number = from.ReadNumber();
        if (number == names.Count)
            names.Add(from.ReadText());
        return number >= 0 && number < names.Count
            ? names[(int)number]
            : throw new InvalidDataException($"name {number} is not known");
    }
}
