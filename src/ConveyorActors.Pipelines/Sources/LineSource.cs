using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>An open source: a stream of lines with a name and, of a file, a size.</summary>
sealed class LineSource(SourceDefinition definition, Stream stream) : IDisposable
{
    public string Name => definition.Name;
    public string Path => definition.Path;
    public Stream Stream => stream;

    /// <summary>Null when it cannot be known.</summary>
    public long? Size { get; } = stream.CanSeek && FileFacts.IsRegular(definition.Path) ? stream.Length : null;

    /// <summary>Where to begin; null: at the beginning.</summary>
    public SourcePosition? Start { get; private set; }

    /// <summary>Goes on where an earlier run stopped, or throws when the file is not the one that it read.</summary>
    public void GoOn(SourcePosition position, FileIdentity identity)
    {
        if (WhyChanged(position, identity) is { } changed)
            throw new PipelineInputException($"source '{Path}' has changed since it was read: {changed}. Put the file back, give what is there now another name in a pipeline file, or begin anew with another data directory");
        // A last line without an end was a line, and has got its end since.
        if (position.Offset > 0 && Size > position.Offset && ByteAt(position.Offset - 1) != '\n') position = position with { Offset = position.Offset + 1 };
        stream.Position = position.Offset;
        Start = position;
    }

    /// <summary>What the file can be known by in a later run.</summary>
    public FileIdentity Identity => FileIdentity.Of(stream, Path);

    /// <summary>Opens a source, or throws what the run cannot begin with.</summary>
    public static LineSource Open(SourceDefinition definition)
    {
        var path = definition.Path;
        if (path == "-") return new LineSource(definition, Console.OpenStandardInput());
        try
        {
            if (Directory.Exists(path)) throw new PipelineInputException($"source '{path}' cannot be read: it is a directory");
            return new LineSource(definition, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
        }
        catch (Exception e) when (Failures.IsFileError(e))
        {
            throw new PipelineInputException($"source '{path}' cannot be read: {Failures.Reason(e, path)}");
        }
    }

    public void Dispose()
    {
        try
        {
            stream.Dispose();
        }
        catch (IOException)
        {
            // Everything that could be read was read.
        }
    }

    string? WhyChanged(SourcePosition position, FileIdentity identity)
    {
        if (identity.WhyNot(stream, Path) is { } why) return why;
        if (Size < position.Offset) return $"it has {Size} bytes, and {position.Offset} of it had been read";
        var hasGrown = Size > position.Offset && position.Offset > 0;
        return hasGrown && ByteAt(position.Offset - 1) != '\n' && ByteAt(position.Offset) != '\n' ? "the line at its end, which had been read, has grown since" : null;
    }

    int ByteAt(long offset)
    {
        stream.Position = offset;
        return stream.ReadByte();
    }
}
