using System.CommandLine;

namespace ConveyorActors.Cli;

/// <summary>A verb with the examples that its help shows.</summary>
sealed class Verb(string name, string description, string examples) : Command(name, description)
{
    public string Examples => examples;
}
