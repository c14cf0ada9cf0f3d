using System.Globalization;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Pipelines;
using ConveyorActors.Pipelines.Files;
using ConveyorActors.Storage;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Cli.Data;

/// <summary>The checkpoint of a drain that has begun and not ended: the part of its file that is settled.</summary>
/// <param name="Length">The length of the file up to its last settled record, in bytes.</param>
/// <param name="Path">The full path of the file.</param>
/// <param name="End">The hash of the last settled bytes; null: it is not known.</param>
sealed record DrainMark(long Length, string Path, string? End)
{
    /// <summary>The checkpoint of a drain that has ended.</summary>
    public const string Done = "done";

    const string None = "-",
        Other = "the bytes after that are not the stage's next records";

    /// <summary>Returns the key of the checkpoint of a stage's drains.</summary>
    public static string GetKey(string stage) => "drain " + stage;

    /// <summary>
    /// Returns the byte that ends each record in a drained file: as the runs do, so that the records can be replayed.
    /// </summary>
    public static byte GetLineEnd(DataDirectory directory, string pipeline) =>
        KeptPipeline.Parse(directory.GetCheckpoint(pipeline, KeptPipeline.CheckpointKey)) is { Null: true }
            ? (byte)0
            : (byte)'\n';

    /// <summary>Returns the text of the checkpoint.</summary>
    public static string Format(SafeFileHandle file, long length, string path) =>
        FormattableString.Invariant(
            $"{length}:{FileId.FindNumber(file) ?? None}:{FileEnd.Read(file, length)?.Hash ?? None} {path}"
        );

    /// <summary>Returns the mark of a checkpoint; null: there is no checkpoint, or the drain has ended.</summary>
    public static DrainMark? Parse(string? checkpoint) =>
        checkpoint?.Split(' ', 2) is [var known, var path]
        && known.Split(':') is [var length, .. var rest]
        && long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? new(bytes, path, rest is [_, var end] && end != None ? end : null)
            : null;

    /// <summary>
    /// Returns the reason why the bytes past the mark are not what the drain would have written next; null: they are.
    /// </summary>
    /// <param name="file">The drain's file.</param>
    /// <param name="handle">The handle of the file.</param>
    /// <param name="payloads">The records that the stage has now, in order.</param>
    /// <param name="lineEnd">The byte that ends each record.</param>
    public string? DescribeMismatch(
        Stream file,
        SafeFileHandle handle,
        IEnumerable<ReadOnlyMemory<byte>> payloads,
        byte lineEnd
    )
    {
        if (file.Length < Length)
            return $"it has {CountText.FormatWithNoun(file.Length, "byte")}";
        if (End is { } end && FileEnd.Read(handle, Length) is { } now && now.Hash != end)
            return "the bytes before that are different";
        file.Position = Length;
        foreach (var payload in payloads)
        {
            if (file.Position == file.Length)
                return null;
            var line = new byte[Math.Min(payload.Length + 1, file.Length - file.Position)];
            file.ReadExactly(line);
            var text = line.AsSpan(0, Math.Min(line.Length, payload.Length));
            if (
                !text.SequenceEqual(payload.Span[..text.Length])
                || (line.Length > payload.Length && line[^1] != lineEnd)
            )
                return Other;
        }
        return file.Position == file.Length ? null : Other;
    }
}
