using ConveyorActors.Pipelines.Tests.Runs;

namespace ConveyorActors.Pipelines.Tests.Sources.Following;

/// <summary>Files that are written, renamed and cut short while they are followed.</summary>
public abstract class FollowTests : RunTests
{
    protected string Log => Temp.Path("app.log");

    protected string State => Temp.Path("state");

    private protected static SourceDefinition Followed(string path) => new(path, path) { Follow = true };

    /// <summary>The log into the sink, without stages.</summary>
    private protected PipelineDefinition Following() => Definition([Followed(Log)]) with { DeadLetterPath = null };

    protected void Append(string text) => File.AppendAllText(Log, text);

    /// <summary>As rotation does it.</summary>
    protected string Rename(string suffix)
    {
        File.Move(Log, Log + suffix);
        return Log + suffix;
    }

    /// <summary>Makes a file empty, and writes on at its beginning.</summary>
    protected static void Truncate(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.SetLength(0);
    }
}
