namespace ConveyorActors.Pipelines.Lines;

/// <summary>The lines of a header: the first line of a source, or what a command makes of it. May be empty.</summary>
/// <remarks>Immutable.</remarks>
sealed class HeaderLines(IReadOnlyList<ReadOnlyMemory<byte>> lines)
{
    public static HeaderLines None { get; } = new([]);

    public static HeaderLines From(ReadOnlyMemory<ConveyorRecord> records) =>
        records.Length == 0 ? None : new([.. records.ToArray().Select(r => r.Payload)]);

    /// <summary>Parses the text of a checkpoint; returns null if the text is not a header.</summary>
    public static HeaderLines? Parse(string? text)
    {
        if (text is null)
            return null;
        try
        {
            return new([
                .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Select(line => (ReadOnlyMemory<byte>)Convert.FromBase64String(line[1..])),
            ]);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public IReadOnlyList<ReadOnlyMemory<byte>> Lines => lines;

    public bool IsEmpty => lines.Count == 0;

    /// <summary>Gets the header as it is shown in messages.</summary>
    public string Text =>
        IsEmpty
            ? "no header"
            : $"the header '{string.Join("\\n", lines.Select(l => System.Text.Encoding.UTF8.GetString(l.Span[..Math.Min(l.Length, 200)])))}'";

    public bool IsSame(HeaderLines other) =>
        lines.Count == other.Lines.Count && IsStartOf(other.Lines.Count, i => other.Lines[i]);

    /// <summary>Returns whether results begin with this header.</summary>
    public bool IsStartOf(ReadOnlyMemory<ConveyorRecord> results) =>
        !IsEmpty && IsStartOf(results.Length, i => results.Span[i].Payload);

    bool IsStartOf(int count, Func<int, ReadOnlyMemory<byte>> line)
    {
        if (count < lines.Count)
            return false;
        for (var i = 0; i < lines.Count; i++)
            if (!lines[i].Span.SequenceEqual(line(i).Span))
                return false;
        return true;
    }

    /// <summary>
    /// Returns the text of a checkpoint. Each line is preceded by a mark, because a line may be empty.
    /// </summary>
    public override string ToString() => string.Join(' ', lines.Select(l => "." + Convert.ToBase64String(l.Span)));
}
