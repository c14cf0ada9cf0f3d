using ConveyorActors.Pipelines.Running;

namespace ConveyorActors.Pipelines.Sources;

/// <summary>An open source: a stream of lines with a name and, of a file, a size.</summary>
sealed class LineSource(SourceDefinition definition, Stream stream) : IDisposable
{
    public string Name => definition.Name;
    public string Path => definition.Path;
    public Stream Stream => stream;

    /// <summary>Null when it cannot be known.</summary>
    public long? Size { get; } = stream.CanSeek ? stream.Length : null;

    /// <summary>Where to begin; null: at the beginning.</summary>
    public SourcePosition? Start { get; private set; }

    /// <summary>Goes on where an earlier run stopped, or throws when the file is not the one that it read.</summary>
    public void GoOn(SourcePosition position, string? identity)
    {
        var changed = identity is null ? null : FileIdentity.Parse(identity).WhyNot(stream, Path);
        if (changed is null && Size < position.Offset) changed = $"it has {Size} bytes, and {position.Offset} of it had been read";
        if (changed is null && Size > position.Offset && position.Offset > 0 && FileIdentity.ByteAt(stream, position.Offset - 1) != '\n')
            changed = $"the line at its end, which had been read, has grown since";
        if (changed is not null)
            throw new PipelineInputException($"source '{Path}' has changed since it was read: {changed}. Put the file back, or begin anew with another data directory");
        stream.Position = position.Offset;
        Start = position;
    }

    /// <summary>What the file can be known by in a later run; null: it is no file.</summary>
    public string? Identity => Size is null ? null : FileIdentity.Of(stream, Path).ToString();

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
}
