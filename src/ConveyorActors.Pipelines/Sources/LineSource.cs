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
