using System.Text;
using ConveyorActors.Pipelines;
using ConveyorActors.Pipelines.Files;

namespace ConveyorActors.Cli.Bench;

/// <summary>
/// The file that gets the numbers of a measurement. It is opened before the measurement starts, and replaced when the
/// numbers are written. A file that was created for numbers that are never written is deleted.
/// </summary>
sealed class JsonFile : IDisposable
{
    readonly OutputFile file;
    bool isWritten;

    JsonFile(OutputFile file) => this.file = file;

    /// <summary>Opens the file; returns null without a path.</summary>
    /// <exception cref="PipelineInputException">The file cannot be written.</exception>
    public static JsonFile? Open(string? path)
    {
        if (path is null)
            return null;
        FileRole[] messages =
        [
            FileRole.Resolve("", "-", FileUse.Messages, Descriptors.Output),
            FileRole.Resolve("", "-", FileUse.Messages, Descriptors.Error),
        ];
        var role = FileRole.Resolve("--json", path, FileUse.Output);
        if (FileRole.FindConflict([role, .. messages]) is { } clash)
            throw new PipelineInputException(clash);
        return new(OutputFile.Open(path, "--json"));
    }

    public async Task WriteAsync(string json, CancellationToken cancellationToken)
    {
        isWritten = true;
        if (file.IsFile)
            file.Stream.SetLength(0);
        await file.Stream.WriteAsync(Encoding.UTF8.GetBytes(json + "\n"), cancellationToken).ConfigureAwait(false);
    }

    public void Dispose()
    {
        if (isWritten)
            file.Dispose();
        else
            file.Discard();
    }
}
