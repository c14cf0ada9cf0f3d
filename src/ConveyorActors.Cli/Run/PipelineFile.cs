using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ConveyorActors.Cli.Usage;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Cli.Run;

/// <summary>
/// Reads a pipeline described in JSON. The property names are those of the flags in camel case; sizes and times are
/// strings such as "64MiB" and "5s".
/// </summary>
static class PipelineFile
{
    const int LargestFile = 16 << 20;

    /// <summary>Returns the draft in a file; errors are added to <paramref name="inputErrors"/>.</summary>
    public static PipelineDraft Read(string path, InputErrors inputErrors)
    {
        try
        {
            if (Directory.Exists(path))
                inputErrors.AddWrong("--pipeline", path, "a file of JSON, and it is a directory");
            else if (!File.Exists(path))
                inputErrors.AddWrong("--pipeline", path, "a file of JSON, and there is none of that name");
            else if (InputFile.ReadAtMost(path, LargestFile) is not { } bytes)
                inputErrors.AddWrong("--pipeline", path, "a file of at most 16 MiB");
            else if (!Utf8.IsValid(bytes))
                inputErrors.AddWrong("--pipeline", path, "a file in UTF-8, and it has bytes that are not UTF-8");
            else
                return Parse(path, Encoding.UTF8.GetString(bytes).TrimStart('\ufeff'), inputErrors);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            inputErrors.Add(
                $"--pipeline is {Printable.Quote(path)}, which cannot be read: {ExceptionSentence.Format(unreadable)}"
            );
        }

        return new();
    }

    /// <summary>Returns the draft in a text; errors are added to <paramref name="inputErrors"/>.</summary>
    public static PipelineDraft Parse(string file, string json, InputErrors inputErrors)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return new DraftReader(new(file, inputErrors)).ReadPipeline(document.RootElement);
        }
        catch (JsonException broken)
        {
            var reason = JsonText.GetReason(broken);
            var isTooDeep = reason.StartsWith("The maximum configured depth", StringComparison.Ordinal);
            inputErrors.Add(
                $"{file}: line {broken.LineNumber + 1}, byte {broken.BytePositionInLine + 1}: "
                    + (
                        isTooDeep
                            ? "arrays and objects are nested more than 64 deep; a pipeline file needs at most 4 levels"
                            : $"this is not JSON: {Printable.Sanitize(reason, 200)}"
                    )
            );
            return new();
        }
    }
}
