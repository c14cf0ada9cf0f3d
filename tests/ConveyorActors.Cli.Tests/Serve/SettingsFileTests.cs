using System.CommandLine;
using ConveyorActors.Cli.Serve;
using ConveyorActors.Cli.Usage;
using Microsoft.Extensions.Configuration;

namespace ConveyorActors.Cli.Tests.Serve;

/// <summary>What <c>conveyor serve</c> refuses in appsettings.json and in environment variables.</summary>
public sealed class SettingsFileTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("conveyor").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("""{"Conveyor":{"Data":["./x"]}}""", "Conveyor:Data is a list; it must be the path of a directory")]
    [InlineData(
        """{"Conveyor":{"Data":{"Dir":"x"}}}""",
        "Conveyor:Data is an object; it must be the path of a directory"
    )]
    [InlineData(
        """{"Conveyor":{"ApiKeyFile":["nokey"]}}""",
        "Conveyor:ApiKeyFile is a list; it must be the path of a file"
    )]
    [InlineData("""{"Conveyor":{"Insecure":[true]}}""", "Conveyor:Insecure is a list; it must be true or false")]
    [InlineData(
        """{"Conveyor":{"StageOrder":{"a":"b"}}}""",
        "Conveyor:StageOrder is an object; it must be a list, each item a name of 1 to 200 characters"
    )]
    [InlineData(
        """{"Conveyor":{"AllowHost":["a",["b"]]}}""",
        "Conveyor:AllowHost:1 is a list; it must be a name of this server such as buffers.example.org"
    )]
    [InlineData(
        """{"Conveyor":{"AllowHost":[null]}}""",
        "Conveyor:AllowHost:0 is null; it must be a name of this server such as buffers.example.org"
    )]
    [InlineData(
        """{"Conveyor":{"AllowHost":[""]}}""",
        "Conveyor:AllowHost is ''; it must be a name of this server such as buffers.example.org"
    )]
    [InlineData("""{"Conveyor":[{"Data":"x"}]}""", "Conveyor is a list; it must be an object with the settings")]
    [InlineData("""{"Conveyor":[]}""", "Conveyor is a value or an empty list; it must be an object with the settings")]
    [InlineData("""{"Conveyor":7}""", "Conveyor is a value or an empty list; it must be an object with the settings")]
    [InlineData("""{"Conveyor":{"Data":""}}""", "Conveyor:Data is ''; it must be the path of a directory")]
    [InlineData("""{"Conveyor":{"Data":[]}}""", "Conveyor:Data is ''; it must be the path of a directory")]
    [InlineData("""{"Conveyor":{"Insecure":""}}""", "Conveyor:Insecure is ''; it must be true or false")]
    [InlineData(
        """{"Conveyor":{"ApiKey":"secret0123456789"}}""",
        "Conveyor:ApiKey is not a setting of conveyor serve; the key must be given as the environment variable CONVEYOR_API_KEY, or in the file that Conveyor:ApiKeyFile names"
    )]
    [InlineData(
        "{\n  \"Conveyor\": {\n    \"Data\" }\n}",
        "appsettings.json is not JSON: line 3, byte 12: '}' is invalid"
    )]
    [InlineData("", "appsettings.json is not JSON: line 1, byte 1: The input does not contain any JSON tokens")]
    [InlineData(
        """{"Conveyor":{"Data":"a","data":"b"}}""",
        "appsettings.json has the key 'Conveyor:data' twice; it must have each key once"
    )]
    [InlineData("[1]", "appsettings.json cannot be read: Top-level JSON element must be an object")]
    public void A_wrong_setting_in_the_file_is_named_with_what_it_must_be(string json, string complaint)
    {
        File.WriteAllText(Path.Combine(folder, "appsettings.json"), json);

        var error = Assert.Single(Read());

        Assert.StartsWith(complaint, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"Conveyor":null}""")]
    [InlineData("""{"Conveyor":{}}""")]
    [InlineData("""{"Conveyor":{"Data":null,"AllowHost":[],"StageOrder":"parse"}}""")]
    [InlineData("""{"Other":[1]}""")]
    public void A_setting_that_is_null_or_an_empty_list_of_several_is_not_given(string json)
    {
        File.WriteAllText(Path.Combine(folder, "appsettings.json"), json);

        Assert.Empty(Read());
    }

    [Fact]
    public void A_directory_in_the_place_of_the_file_is_refused()
    {
        Directory.CreateDirectory(Path.Combine(folder, "appsettings.json"));

        Assert.StartsWith(
            "appsettings.json is a directory; it must be a file with an object of JSON",
            Assert.Single(Read()),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("Data", "Conveyor:Data is ''; it must be the path of a directory")]
    [InlineData("AllowHost", "Conveyor:AllowHost is ''; it must be a name of this server")]
    [InlineData("Insecure", "Conveyor:Insecure is ''; it must be true or false")]
    public void An_empty_variable_is_refused_as_an_empty_flag_is(string name, string complaint)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection([new($"Conveyor:{name}", "")]).Build();

        Assert.StartsWith(complaint, Assert.Single(Read(settings, new())), StringComparison.Ordinal);
    }

    IReadOnlyList<string> Read()
    {
        var inputErrors = new InputErrors();
        return SettingsFile.Load(folder, inputErrors) is { } settings ? Read(settings, inputErrors) : inputErrors.All;
    }

    static IReadOnlyList<string> Read(IConfiguration settings, InputErrors inputErrors)
    {
        var (flags, command) = (new ServeFlags(), new Command("serve"));
        flags.AddTo(command);
        flags.Read(command.Parse([]), settings, inputErrors);
        return inputErrors.All;
    }
}
