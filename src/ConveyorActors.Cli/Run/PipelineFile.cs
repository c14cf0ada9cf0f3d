using System.Text.Json;
using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Cli.Run;

/// <summary>A pipeline described in JSON. The same words as the flags, in camel case; sizes and times are strings such as "64MiB" and "5s".</summary>
static class PipelineFile
{
    const int LargestFile = 16 << 20;

    /// <summary>The draft in a file; what is wrong with it is in <paramref name="complaints"/>.</summary>
    public static PipelineDraft Read(string path, Complaints complaints)
    {
        try
        {
            if (Directory.Exists(path)) complaints.Wrong("--pipeline", path, "a file of JSON, and it is a directory");
            else if (!File.Exists(path)) complaints.Wrong("--pipeline", path, "a file of JSON, and there is none of that name");
            else if (new FileInfo(path).Length > LargestFile) complaints.Wrong("--pipeline", path, "a file of at most 16 MiB");
            else return Parse(path, File.ReadAllText(path), complaints);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            complaints.Add($"--pipeline is {Printable.Quoted(path)}, which cannot be read: {OneSentence.Of(unreadable)}");
        }

        return new();
    }

    /// <summary>The draft in a text.</summary>
    public static PipelineDraft Parse(string file, string json, Complaints complaints)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return new DraftReader(new(file, complaints)).Pipeline(document.RootElement);
        }
        catch (JsonException broken)
        {
            var reason = broken.Message.Split(" LineNumber:")[0].TrimEnd('.');
            complaints.Add($"{file}: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}: this is not JSON: {Printable.Text(reason, 200)}");
            return new();
        }
    }
}
