"""One module per kind of work; each public function is one act a person would recognise."""
