namespace ConveyorActors.Pipelines.Lines;

/// <summary>
/// The lines that come before the others: of a source its first one, of a command what it makes of them. May be none.
/// </summary>
/// <remarks>Immutable.</remarks>
sealed class HeaderLines(IReadOnlyList<ReadOnlyMemory<byte>> lines)
{
    public static HeaderLines None { get; } = new([]);

    public static HeaderLines Of(ReadOnlyMemory<ConveyorRecord> records) =>
        records.Length == 0 ? None : new([.. records.ToArray().Select(r => r.Payload)]);

    /// <summary>Null when it is no header.</summary>
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

    /// <summary>As it is shown.</summary>
    public string Text =>
        IsEmpty
            ? "no header"
            : $"the header '{string.Join("\\n", lines.Select(l => System.Text.Encoding.UTF8.GetString(l.Span[..Math.Min(l.Length, 200)])))}'";

    public bool IsSame(HeaderLines other) =>
        lines.Count == other.Lines.Count && Begins(other.Lines.Count, i => other.Lines[i]);

    /// <summary>Returns whether results begin with it.</summary>
    public bool Begins(ReadOnlyMemory<ConveyorRecord> results) =>
        !IsEmpty && Begins(results.Length, i => results.Span[i].Payload);

    bool Begins(int count, Func<int, ReadOnlyMemory<byte>> line)
    {
        if (count < lines.Count)
            return false;
        for (var i = 0; i < lines.Count; i++)
            if (!lines[i].Span.SequenceEqual(line(i).Span))
                return false;
        return true;
    }

    /// <summary>For a note: a mark before each line, as a line may be empty.</summary>
    public override string ToString() => string.Join(' ', lines.Select(l => "." + Convert.ToBase64String(l.Span)));
}
