using System.Runtime.Versioning;

namespace ConveyorActors.Pipelines.Commands.Unix;

/// <summary>The output of a command that was not taken as a reply yet.</summary>
/// <remarks>Not safe for use by many threads.</remarks>
[UnsupportedOSPlatform("windows")]
sealed class OutputBuffer(byte lineEnd)
{
    const int FirstSize = 64 << 10;

    byte[] buffer = new byte[FirstSize];
    int start,
        end,
        searched;

    public bool IsEmpty => start == end;

    public void Clear() => start = end = searched = 0;

    /// <summary>Reads the available output and returns its number of bytes; 0: the output has ended.</summary>
    public int Read(int output)
    {
        if (start == end)
            Clear();
        if (end == buffer.Length)
        {
            var held = buffer.AsSpan(start, end - start);
            var larger =
                held.Length > buffer.Length / 2 ? new byte[Math.Min(buffer.Length * 2L, Array.MaxLength)] : buffer;
            held.CopyTo(larger);
            (buffer, start, end, searched) = (larger, 0, held.Length, searched - start);
        }
        var count = LibC.Read(output, buffer.AsSpan(end));
        end += count;
        return count;
    }

    /// <summary>Takes replies from the output. Returns null while nothing is wrong.</summary>
    public ExchangeEnd? Take(LineFeed feed, ResultLines replies)
    {
        while (replies.Count < feed.Count)
        {
            var at = buffer.AsSpan(searched, end - searched).IndexOf(lineEnd);
            if (at < 0)
            {
                searched = end;
                return end - start > replies.Most ? ExchangeEnd.Flooded : null;
            }
            at += searched;
            // Output cannot be a reply to a line that was not given yet.
            if (replies.Count >= feed.Given)
                return ExchangeEnd.TooMany;
            if (!replies.Add(buffer.AsSpan(start, at - start)))
                return ExchangeEnd.Flooded;
            start = searched = at + 1;
        }
        return null;
    }
}
