using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Pipelines.Running;

/// <summary>The state in which earlier runs have left the end of a dead-letter file.</summary>
/// <param name="TornAt">
/// The offset of a dead letter that was written only in part, because its run was killed or its disk was full; null:
/// there is none.
/// </param>
/// <param name="IsInLine">Whether the last line is to be kept and has no line break.</param>
readonly record struct DeadLetterEnd(long? TornAt, bool IsInLine)
{
    const int BlockSize = 16 << 10;

    /// <summary>Examines the end of a file of plain lines.</summary>
    /// <remarks>
    /// Only an incomplete line that begins as dead letters do is torn. The end of another program's text, and a complete
    /// dead letter whose line break is missing, are kept.
    /// </remarks>
    public static DeadLetterEnd Find(OutputFile file)
    {
        try
        {
            var start = FindLastLine(file);
            if (start == file.Length)
                return default;
            return IsTorn(file, start) ? new(start, IsInLine: false) : new(null, IsInLine: true);
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return default; // The file may be writable but not readable.
        }
    }

    /// <summary>Examines the end of a file of gzip members, each of which has one dead letter.</summary>
    /// <exception cref="PipelineInputException">
    /// The file contains other data, and a member appended to it could not be read.
    /// </exception>
    public static DeadLetterEnd FindInGzip(OutputFile file, string path)
    {
        var members = new GzipReading(new FileReading(file.Handle, 0));
        try
        {
            return file.Length > 0 && members.Skip(long.MaxValue) is (> 0, not '\n')
                ? new(null, IsInLine: true)
                : default;
        }
        catch (GzipException e) when (e.IsCutShort && IsTornMember(file, members.WholeMembers))
        {
            return new(members.WholeMembers, IsInLine: false);
        }
        catch (GzipException e)
        {
            throw new PipelineInputException(
                $"dead letters '{path}' cannot be appended to: {e.Message}. Move the file away, or name another one"
            );
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            return default; // The file may be writable but not readable.
        }
    }

    /// <summary>Returns the offset of the last line; the length of the file if it ends with a line break.</summary>
    static long FindLastLine(OutputFile file)
    {
        var block = new byte[BlockSize];
        var end = file.Length;
        while (end > 0)
        {
            var start = Math.Max(0, end - BlockSize);
            var part = block.AsSpan(0, (int)(end - start));
            new FileReading(file.Handle, start).ReadExactly(part);
            if (part.LastIndexOf((byte)'\n') is >= 0 and var place)
                return start + place + 1;
            end = start;
        }
        return 0;
    }

    static bool IsTorn(OutputFile file, long start)
    {
        var length = file.Length - start;
        var first = new byte[Math.Min(length, DeadLetterFile.Beginning.Length)];
        new FileReading(file.Handle, start).ReadExactly(first);
        if (!DeadLetterFile.Beginning.StartsWith(first) || length > Array.MaxLength)
            return false;
        var line = new byte[length];
        new FileReading(file.Handle, start).ReadExactly(line);
        return !DeadLetterReading.IsLetter(line);
    }

    /// <summary>
    /// Returns whether the readable part of an incomplete member belongs to one dead letter. A member with more lines
    /// was written by another program, and its lines may be nowhere else.
    /// </summary>
    static bool IsTornMember(OutputFile file, long start)
    {
        using var text = new GzipTail(new FileReading(file.Handle, start));
        var block = new byte[BlockSize];
        var first = block.AsSpan(0, DeadLetterFile.Beginning.Length + 1);
        var count = text.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        // The letter after a line without a line break begins with one.
        var begun = first[..count];
        if (begun is [(byte)'\n', ..])
            begun = begun[1..];
        var isLetter = begun.StartsWith(DeadLetterFile.Beginning) || DeadLetterFile.Beginning.StartsWith(begun);
        var isEnded = false;
        while (isLetter && (count = text.Read(block)) > 0)
        {
            var place = block.AsSpan(0, count).IndexOf((byte)'\n');
            isLetter = !isEnded && (place < 0 || place == count - 1);
            isEnded |= place >= 0;
        }
        return isLetter;
    }
}
